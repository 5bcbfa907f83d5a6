// Writes an archive in cpio's "newc" format, which Linux unpacks as its first root filesystem (Documentation/driver-api/early-userspace/buffer-format.rst).

export type CpioEntry =
  | { path: string; kind: "file"; mode: number; bytes: Uint8Array }
  | { path: string; kind: "directory"; mode: number }
  | { path: string; kind: "character"; mode: number; major: number; minor: number };

const TYPES = { file: 0o100000, directory: 0o040000, character: 0o020000 };

export function cpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [i, entry] of entries.entries()) {
    const bytes = entry.kind === "file" ? entry.bytes : new Uint8Array(0);
    const device: [number, number] = entry.kind === "character" ? [entry.major, entry.minor] : [0, 0];
    parts.push(header(entry.path, i + 1, TYPES[entry.kind] | entry.mode, bytes.length, device), bytes, padding(bytes.length));
  }
  parts.push(header("TRAILER!!!", 0, 0, 0, [0, 0]));
  return Buffer.concat(parts);
}

function header(path: string, ino: number, mode: number, size: number, [major, minor]: [number, number]): Uint8Array {
  const name = Buffer.from(`${path}\0`, "latin1");
  const fields = [ino, mode, 0, 0, 1, 0, size, 0, 0, major, minor, name.length, 0];
  const text = `070701${fields.map((each) => each.toString(16).padStart(8, "0")).join("")}`;
  return Buffer.concat([Buffer.from(text, "latin1"), name, padding(text.length + name.length)]);
}

const padding = (length: number): Uint8Array => new Uint8Array(-length & 3);
