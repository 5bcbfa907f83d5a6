// Standard input of the process as an input of a machine: read only while the program has room for more.
import type { HostInput } from "../interface.js";

/** Nothing is read before somebody listens: a program that was not given -i leaves the input to whoever comes after it. */
export function openStandardInput(): HostInput {
  let ended = false;
  let stream: NodeJS.ReadStream | undefined;
  return {
    take(most) {
      if (stream === undefined || ended) return ended ? "end" : undefined;
      const waiting = stream.readableLength;
      const chunk = stream.read(waiting > 0 ? Math.min(waiting, most) : undefined) as Uint8Array | null;
      if (chunk !== null && chunk.length > 0) return chunk;
      return ended ? "end" : undefined;
    },
    listen(listener) {
      const finish = (): void => {
        ended = true;
        listener();
      };
      stream = process.stdin;
      // A directory, or a terminal that hung up, has nothing to say.
      stream.on("error", finish).on("end", finish).on("close", finish).on("readable", listener);
    },
    close() {
      ended = true;
      stream?.destroy();
    },
  };
}
