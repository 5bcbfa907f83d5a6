// Unpacks xz, zstd and gzip streams, by the ending of the file's name.

import type { ImageHost, OpenFile } from "../../host/interface/images.js";
import { ImageError } from "./error.js";

export function decompress(host: ImageHost, name: string, source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  switch (name.slice(name.lastIndexOf(".") + 1)) {
    case "xz": return unxz(source);
    case "zst": return unzstd(source);
    case "gz": return host.gunzip(source);
    case "tar": return source;
    default: throw new ImageError(`${name} is compressed in a way that nestbox doesn't know: xz, zst and gz are known`);
  }
}

/** A part of a file as a stream. */
export async function* section(file: OpenFile, at: number, size: number): AsyncGenerator<Uint8Array> {
  const step = 1 << 18;
  for (let done = 0; done < size; done += step) {
    const bytes = await file.read(at + done, Math.min(step, size - done));
    if (bytes.length === 0) return;
    yield bytes;
  }
}

async function* unxz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // A CommonJS module: Node and bundlers give it as the default, others by its names.
  const module = await import("xz-decompress");
  const XzReadableStream = module.XzReadableStream ?? module.default.XzReadableStream;
  const input = source[Symbol.asyncIterator]();
  const compressed = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await input.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
  });
  const reader = new XzReadableStream(compressed).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

async function* unzstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import("fzstd");
  let ready: Uint8Array[] = [];
  const stream = new Decompress((chunk) => ready.push(chunk.slice()));
  for await (const bytes of source) {
    stream.push(bytes);
    yield* ready;
    ready = [];
  }
  stream.push(new Uint8Array(0), true);
  yield* ready;
}
