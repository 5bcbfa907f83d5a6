// A thread of Node that speaks messages.
import { Worker } from "node:worker_threads";
import type { HostWorker } from "../interface.js";

/** A source file, in a working copy that is not built, needs the loader that the tests have. */
export function startWorker(url: URL): HostWorker {
  const worker = new Worker(url, url.pathname.endsWith(".ts") ? { execArgv: ["--import", "tsx"] } : {});
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer as ArrayBuffer[]),
    listen(message, failed) {
      worker.on("message", message);
      worker.on("messageerror", failed);
      worker.on("error", failed);
      worker.on("exit", (code) => failed(new Error(`it exited with ${code}`)));
    },
    hold: (alive) => (alive ? worker.ref() : worker.unref()),
    async terminate() {
      await worker.terminate();
    },
  };
}
