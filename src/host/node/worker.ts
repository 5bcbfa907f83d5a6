// A thread of Node that speaks messages.
import { Worker } from "node:worker_threads";
import type { HostWorker } from "../interface.js";

/** In a working copy that is not built, a source file needs a loader before it, which no flag brings into a thread of Node 20. */
const loading = (url: URL): string => `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); });`;

export function startWorker(url: URL): HostWorker {
  const worker = url.pathname.endsWith(".ts") ? new Worker(loading(url), { eval: true }) : new Worker(url);
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
