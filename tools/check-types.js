// Checks the types of every room, each with the libraries that it may see: what must not know Node or the DOM is compiled without them.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

/** @param {string} config @param {string} [cwd] @returns {Promise<string>} what tsc complains about */
export function complaints(config, cwd = process.cwd()) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsc, "--noEmit", "--pretty", "false", "-p", config], { cwd, stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ chunk) => (text += chunk));
    child.on("error", reject);
    // TS18003: no file of these rooms exists yet.
    child.on("close", (code, signal) => resolve(text.includes("error TS18003") || code === 0 ? "" : text || `tsc ended with ${code ?? signal}\n`));
  });
}


if (process.argv[1] === import.meta.filename) {
  const [all, pure] = await Promise.all([complaints("tsconfig.json"), complaints("tsconfig.pure.json")]);
  const found = [...new Set([all, pure, await complaints("tsconfig.browser.json")].flatMap((text) => text.trimEnd().split(/\n(?=\S)/)))].filter(Boolean);
  if (found.length > 0) console.error(found.join("\n"));
  process.exitCode = found.length > 0 ? 1 : 0;
}
