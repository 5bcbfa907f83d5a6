// Records what the scripts print on real Linux: `npx tsx conformance/scripts/record.ts [NAME…]`. Two boots must agree.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeImageHost } from "../../src/host/node/image-host.js";
import { resolveImage } from "../../src/container/image/index.js";
import { QEMU } from "../linux/boot.js";
import { fetchLinux } from "../linux/debian.js";
import { IMAGE, masked } from "./image.js";
import { MODULES, runScripts } from "./linux.js";

const directory = import.meta.dirname;
const wanted = process.argv.slice(2);
const names = readdirSync(directory).filter((name) => name.endsWith(".sh")).map((name) => name.slice(0, -3)).filter((name) => wanted.length === 0 || wanted.includes(name));
const linux = await fetchLinux(MODULES);
const image = await resolveImage(IMAGE, { host: nodeImageHost() });
const scripts = new Map(names.map((name): [string, Uint8Array] => [name, readFileSync(join(directory, `${name}.sh`))]));
const [first, second] = await Promise.all([runScripts(linux, image.diskPath, scripts), runScripts(linux, image.diskPath, scripts)]);
const versions = image.packages.map(({ name, version }) => `${name} ${version}`).join(", ");

for (const name of names) {
  const [output, again] = [first, second].map(({ outputs }) => masked(outputs.get(name) ?? ""));
  if (output === "" || output !== again) {
    writeFileSync(`/tmp/${name}.1`, output, "latin1");
    writeFileSync(`/tmp/${name}.2`, again, "latin1");
    console.error(`${name}: two boots differ, nothing is recorded: diff /tmp/${name}.1 /tmp/${name}.2`);
    process.exitCode = 1;
    continue;
  }
  const header = `# Linux ${first.release} (${linux.version}), recorded by: npx tsx conformance/scripts/record.ts ${name}\n# in: ${QEMU.join(" ")}\n# with: ${versions}\n`;
  writeFileSync(join(directory, "expected", `${name}.txt`), header + output, "latin1");
  console.log(`${name}: ${output.split("\n").length - 1} lines`);
}
