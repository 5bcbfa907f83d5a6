// Reads the members of an `ar` archive, the outer form of a .deb: see deb(5).

import { ImageError } from "./error.js";
import type { OpenFile } from "../../host/interface/images.js";

export interface Member {
  name: string;
  at: number;
  size: number;
}

export async function readArchive(file: OpenFile, what: string): Promise<Member[]> {
  const ascii = new TextDecoder("latin1");
  if (ascii.decode(await file.read(0, 8)) !== "!<arch>\n") throw new ImageError(`${what} is not a Debian package: it doesn't begin as an ar archive`);
  const members: Member[] = [];
  for (let at = 8; at + 60 <= file.size;) {
    const header = ascii.decode(await file.read(at, 60));
    const size = /^(\d+) *$/.exec(header.slice(48, 58))?.[1];
    if (size === undefined || header.slice(58) !== "`\n" || at + 60 + Number(size) > file.size) {
      throw new ImageError(`${what} is damaged: its ar archive breaks off at byte ${at}`);
    }
    members.push({ name: header.slice(0, 16).trimEnd().replace(/\/$/, ""), at: at + 60, size: Number(size) });
    at += 60 + Number(size) + (Number(size) & 1); // members begin at even offsets
  }
  return members;
}
