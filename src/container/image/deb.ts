// Opens a .deb: its control files as text, its data as a stream of tar entries.

import type { Extract, Header } from "tar-stream";
import { readArchive, type Member } from "./ar.js";
import { decompress, section } from "./decompress.js";
import { gather } from "./download.js";
import { ImageError, isLocal, messageOf } from "./error.js";
import type { ImageHost, OpenFile } from "../../host/interface/images.js";
import { toBytes } from "./names.js";

/** Names are kept as bytes, one per character: file names in Linux have no encoding. */
export interface TarEntry {
  name: string;
  kind: "file" | "link" | "symlink" | "directory" | "block" | "character" | "fifo";
  linkname: string;
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since the epoch. */
  mtime: number;
  size: number;
  devmajor: number;
  devminor: number;
  body: AsyncIterable<Uint8Array>;
}

const CONTROL_FILE_LIMIT = 4 << 20;

export class Deb {
  private readonly host: ImageHost;
  private readonly file: OpenFile;
  private readonly members: Member[];
  private readonly what: string;

  private constructor(host: ImageHost, file: OpenFile, members: Member[], what: string) {
    this.host = host;
    this.file = file;
    this.members = members;
    this.what = what;
  }

  static async open(host: ImageHost, path: string, what: string): Promise<Deb> {
    const file = await host.files.open(path);
    try {
      return new Deb(host, file, await readArchive(file, what), what);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /** `control`, `postinst`, `conffiles` and so on. */
  async control(): Promise<Map<string, string>> {
    const texts = new Map<string, string>();
    for await (const entry of this.entries("control.tar")) {
      if (entry.kind !== "file") continue;
      texts.set(entry.name.replace(/^\.\//, ""), new TextDecoder().decode(await gather(entry.body, CONTROL_FILE_LIMIT)));
    }
    return texts;
  }

  data(): AsyncGenerator<TarEntry> {
    return this.entries("data.tar");
  }

  private async *entries(prefix: string): AsyncGenerator<TarEntry> {
    const member = this.members.find((each) => each.name === prefix || each.name.startsWith(`${prefix}.`));
    if (!member) throw new ImageError(`${this.what} is not a Debian package: it has no ${prefix}`);
    try {
      yield* readTar(decompress(this.host, member.name, section(this.file, member.at, member.size)));
    } catch (error) {
      if (error instanceof ImageError || isLocal(error)) throw error;
      throw new ImageError(`${this.what} is damaged: ${messageOf(error)} in ${member.name}`);
    }
  }
}

/** Each entry's body is read, or skipped by going on to the next. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  // A CommonJS module: bundlers give it as the default only.
  const module = await import("tar-stream");
  const extract = module.extract ?? module.default.extract;
  const options = { highWaterMark: 1 << 18, filenameEncoding: "latin1" }; // the latter is not in its type
  const parser = extract(options);
  const feeding = (async () => {
    try {
      for await (const bytes of source) {
        if (parser.destroyed) return;
        if (!parser.write(bytes)) await drained(parser);
      }
      parser.end(undefined);
    } catch (error) {
      parser.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  })();
  for await (const entry of parser) {
    const header: Header = entry.header;
    const kind = kindOf(header.type);
    if (!kind) throw new ImageError(`a tar archive holds "${header.name}" of the unknown type ${header.type}`);
    yield {
      name: bytesOfName(header, "path", header.name), kind, linkname: bytesOfName(header, "linkpath", header.linkname ?? ""),
      mode: (header.mode ?? 0) & 0o7777, uid: header.uid ?? 0, gid: header.gid ?? 0,
      mtime: Math.floor((header.mtime?.getTime() ?? 0) / 1000), size: header.size ?? 0,
      devmajor: header.devmajor ?? 0, devminor: header.devminor ?? 0, body: bytesIn(entry),
    };
    entry.resume();
  }
  await feeding;
}

async function* bytesIn(source: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
}

function drained(parser: Extract): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      parser.off("drain", done);
      parser.off("close", done);
      resolve();
    };
    parser.on("drain", done);
    parser.on("close", done);
  });
}

/** A pax header's names come decoded from UTF-8, all others byte by byte. */
function bytesOfName(header: Header, key: "path" | "linkpath", name: string): string {
  const pax: unknown = "pax" in header ? header.pax : undefined;
  return typeof pax === "object" && pax !== null && key in pax ? toBytes(name) : name;
}

function kindOf(type: Header["type"]): TarEntry["kind"] | undefined {
  switch (type) {
    case "file":
    case "contiguous-file": return "file";
    case "link": case "symlink": case "directory": case "fifo": return type;
    case "block-device": return "block";
    case "character-device": return "character";
    default: return undefined;
  }
}
