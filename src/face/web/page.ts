// A page that boots a machine in a worker and runs what is typed.
import { boot, type Machine } from "../../sdk/browser.js";

/** The disk to boot from: "image.erofs" beside the page, or what the address says after ?image=. */
const image = new URLSearchParams(location.search).get("image") ?? "image.erofs";

const output = document.querySelector("#output");
const form = document.querySelector("#form");
const command = document.querySelector("#command");
let machine: Promise<Machine> | undefined;

async function run(line: string): Promise<string> {
  machine ??= boot({ image });
  const { stdout, stderr, code, signal } = await (await machine).run("sh", ["-c", line]);
  return `$ ${line}\n${stdout}${stderr}${code === 0 ? "" : `(${signal ?? `status ${code ?? ""}`})\n`}`;
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!(command instanceof HTMLInputElement) || output === null) return;
  output.textContent = "…";
  run(command.value).then((text) => (output.textContent = text), (error: unknown) => (output.textContent = String(error)));
});
