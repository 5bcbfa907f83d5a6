// The thread of a machine in a browser.
import { browserHost, fetchBytes, memoryDisk, ownMessages } from "../host/browser/host.js";
import { NestboxError } from "./errors.js";
import { openSystem } from "./local.js";
import type { Platform } from "./platform.js";
import type { FromMachine, ToMachine } from "./protocol.js";
import { Server } from "./serve.js";

const ENV = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };

/** An image is a disk at an address; the interpreter lies beside this file, or is made here. */
async function browserPlatform(): Promise<Platform> {
  const interpreter = await fetchBytes(new URL("./interpreter.wasm", import.meta.url).href).catch(() => undefined);
  return {
    host: browserHost(),
    interpreter: () => interpreter,
    async openImage(ref) {
      if (ref === undefined) throw new NestboxError("ERR_IMAGE", "in a browser there is no default image: give the address of a disk");
      try {
        const disk = memoryDisk(await fetchBytes(new URL(ref, globalThis.location.href).href));
        return { ref, digest: undefined, packages: [], config: { env: ENV, workdir: "/", user: "root" }, disk };
      } catch (error) {
        throw new NestboxError("ERR_IMAGE", error instanceof Error ? error.message : String(error));
      }
    },
    openDirectory(path) {
      throw new NestboxError("ERR_OPTION", `the directory ${path} can't be mounted: a page has none`);
    },
  };
}

const early: ToMachine[] = [];
let server: Server | undefined;
const post = ownMessages((message) => {
  if (server === undefined) early.push(message as ToMachine);
  else server.receive(message as ToMachine);
}) as (message: FromMachine, transfer?: ArrayBuffer[]) => void;
void browserPlatform().then((platform) => {
  server = new Server(platform, openSystem, post);
  for (const message of early) server.receive(message);
});
