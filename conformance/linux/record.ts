// Records what the conformance programs print on real Linux: `npx tsx conformance/linux/record.ts [NAME…]`. Two boots must agree.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { QEMU, runInLinux } from "./boot.js";
import { fetchLinux } from "./debian.js";
import { compilePrograms, programNames, PROGRAMS } from "./programs.js";

function filesBelow(directory: string, prefix = ""): [string, Uint8Array][] {
  return readdirSync(directory).flatMap((name): [string, Uint8Array][] => {
    const path = join(directory, name);
    return statSync(path).isDirectory() ? filesBelow(path, `${prefix}${name}/`) : [[`${prefix}${name}`, readFileSync(path)]];
  });
}

const wanted = process.argv.slice(2);
const names = programNames().filter((name) => wanted.length === 0 || wanted.includes(name));
const linux = await fetchLinux();
const all = new Map(filesBelow(await compilePrograms()));
const files = new Map([...all].filter(([path]) => path.includes("/") || path === "under" || names.includes(path)));
const first = await runInLinux(linux, files, names);
const second = await runInLinux(linux, files, names);

for (const name of names) {
  const output = first.outputs.get(name);
  if (output === undefined || output !== second.outputs.get(name)) {
    console.error(`${name}: two boots differ, nothing is recorded:\n${output ?? ""}\n--- and\n${second.outputs.get(name) ?? ""}`);
    process.exitCode = 1;
    continue;
  }
  const header = `# Linux ${first.release} (${linux.version}), recorded by: npx tsx conformance/linux/record.ts ${name}\n# in: ${QEMU.join(" ")}\n`;
  writeFileSync(join(PROGRAMS, "expected", `${name}.txt`), header + output);
  console.log(`${name}: ${output.split("\n").length - 1} lines`);
}
