// The FUSE server as a guest's kernel sees it, and under requests that no kernel makes.
import { expect, test } from "vitest";
import type { LowerTree } from "./lower-tree.js";
import { opcodes, ReplyWriter } from "./protocol.js";
import { FuseServer } from "./server.js";

const ROOM = 70_000;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

/** /file with "lower\n" and /directory, which is empty. */
const lower: LowerTree = {
  root: 0,
  attributes: (node) => ({ mode: node === 1 ? 0o100644 : 0o40755, uid: 0, gid: 0, nlink: node === 1 ? 1 : 2, size: node === 1 ? 6 : 0, rdev: 0, sec: 100, nsec: 0 }),
  entries: (node) => (node === 0 ? [["file", 1], ["directory", 2]] : []),
  read: (_node, at, into) => into.set(Buffer.from("lower\n").subarray(at, at + into.length)),
  target: () => "",
  xattrs: () => new Map([["user.lower", Uint8Array.of(7)]]),
};

class Client {
  readonly server: FuseServer;

  constructor(limitBytes = 1 << 20) {
    this.server = new FuseServer({ lower, limitBytes, now: () => 5_000_000_007n });
  }

  /** The errno, or what came behind the answer's header. */
  ask(opcode: number, node: number, body: (writer: ReplyWriter) => unknown = () => undefined): number | DataView {
    const content = new ReplyWriter();
    body(content);
    const request = new ReplyWriter().u32(40 + content.length).u32(opcode).u64(1).u64(node).u32(1000).u32(1000).u32(1).u32(0).data(content.written).written;
    const answer = this.server.answer(request, ROOM) ?? new Uint8Array(16);
    const errno = -new DataView(answer.buffer, answer.byteOffset).getInt32(4, true);
    return errno === 0 ? new DataView(answer.buffer, answer.byteOffset + 16, answer.length - 16) : errno;
  }

  bytes(opcode: number, node: number, body: (writer: ReplyWriter) => unknown): number | string {
    const answer = this.ask(opcode, node, body);
    return typeof answer === "number" ? answer : text(new Uint8Array(answer.buffer, answer.byteOffset, answer.byteLength));
  }

  node(answer: number | DataView): number {
    return typeof answer === "number" ? -answer : Number(answer.getBigUint64(0, true));
  }

  lookup(name: string, directory = 1): number {
    return this.node(this.ask(opcodes.LOOKUP, directory, (body) => body.text(`${name}\0`)));
  }

  read(node: number, at = 0, size = 100): number | string {
    return this.bytes(opcodes.READ, node, (body) => body.u64(0).u64(at).u32(size));
  }

  write(node: number, at: number, what: string): number {
    const answer = this.ask(opcodes.WRITE, node, (body) => body.u64(0).u64(at).u32(what.length).zeros(20).text(what));
    return typeof answer === "number" ? -answer : answer.getUint32(0, true);
  }

  truncate(node: number, size: number): void {
    this.ask(opcodes.SETATTR, node, (body) => body.u32(8).u32(0).u64(0).u64(size).zeros(60));
  }

  names(directory = 1): string[] {
    const answer = this.ask(opcodes.READDIR, directory, (body) => body.u64(0).u64(0).u32(ROOM));
    const names: string[] = [];
    if (typeof answer !== "number") {
      for (let at = 0; at < answer.byteLength;) {
        const length = answer.getUint32(at + 16, true);
        names.push(text(new Uint8Array(answer.buffer, answer.byteOffset + at + 24, length)));
        at += (24 + length + 7) & ~7;
      }
    }
    return names;
  }

  mkdir(name: string, directory = 1): number {
    return this.node(this.ask(opcodes.MKDIR, directory, (body) => body.u32(0o755).u32(0).text(`${name}\0`)));
  }

  rename(from: number, name: string, to: number, newName: string, flags = 0): number | DataView {
    return this.ask(opcodes.RENAME2, from, (body) => body.u64(to).u32(flags).u32(0).text(`${name}\0${newName}\0`));
  }
}

test("what is written stands over what lies below, and what is cut off reads as zeros when the file grows again", () => {
  const client = new Client();
  const file = client.lookup("file");
  expect(client.read(file)).toBe("lower\n");
  client.truncate(file, 3);
  client.truncate(file, 5);
  expect(client.read(file)).toBe("low\0\0");
  expect(client.write(file, 4098, "far")).toBe(3);
  expect(client.read(file, 4096)).toBe("\0\0far");
  expect(client.read(file, 0, 4)).toBe("low\0");
});

test("room for writing ends with ENOSPC, and comes back when a file is removed and forgotten", () => {
  const client = new Client(3 * 4096);
  const file = client.lookup("file");
  expect([client.write(file, 0, "x".repeat(3 * 4096)), client.write(file, 3 * 4096, "x")]).toEqual([3 * 4096, -28]);
  client.ask(opcodes.UNLINK, 1, (body) => body.text("file\0"));
  expect(client.read(file, 0, 1)).toBe("x");
  client.ask(opcodes.FORGET, file, (body) => body.u64(1));
  expect([client.read(file), client.server.nodes.freeBytes]).toEqual([116, 3 * 4096]);
});

test("a directory can't be moved into itself, removed while it holds something, or written into when it is gone", () => {
  const client = new Client();
  const outer = client.mkdir("outer"), inner = client.mkdir("inner", outer);
  expect([client.rename(1, "outer", inner, "x"), client.rename(1, "outer", outer, "x"), client.rename(1, "outer", 1, "directory", 1)]).toEqual([22, 22, 17]);
  expect([client.ask(opcodes.RMDIR, 1, (body) => body.text("outer\0")), client.ask(opcodes.UNLINK, 1, (body) => body.text("outer\0"))]).toEqual([39, 21]);
  client.ask(opcodes.RMDIR, outer, (body) => body.text("inner\0"));
  expect([client.mkdir("late", inner), client.names(outer)]).toEqual([-2, [".", ".."]]);
  client.rename(1, "outer", 1, "file", 2);
  expect([client.lookup("file"), client.names()]).toEqual([outer, [".", "..", "directory", "outer", "file"]]);
});

test("attributes of below are seen, changed and listed", () => {
  const client = new Client();
  const file = client.lookup("file");
  const get = (name: string, size = 10) => client.bytes(opcodes.GETXATTR, file, (body) => body.u32(size).u32(0).text(`${name}\0`));
  expect([get("user.lower"), get("user.none")]).toEqual(["\x07", 61]);
  client.ask(opcodes.SETXATTR, file, (body) => body.u32(2).u32(0).text("user.mine\0ab"));
  expect([get("user.mine"), get("user.mine", 1), client.bytes(opcodes.LISTXATTR, file, (body) => body.u32(100).u32(0))]).toEqual(["ab", 34, "user.lower\0user.mine\0"]);
});

test("any request is answered with an error or its answer, and never throws; room for writing is never exceeded", () => {
  let state = 12345;
  const below = (limit: number) => Math.floor(((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32) * limit);
  const client = new Client(100_000);
  const names = ["file", "directory", "a", "b", ".", "..", "", "x/y", "n".repeat(300)];
  for (let i = 0; i < 30_000; i++) {
    const known = Object.values(opcodes), opcode = below(20) === 0 ? below(70) : known[below(known.length)];
    client.ask(opcode, below(20) === 0 ? below(2 ** 40) : 1 + below(30), (body) => {
      const fixed: Partial<Record<number, number>> = { [opcodes.MKDIR]: 8, [opcodes.MKNOD]: 16, [opcodes.RENAME]: 8, [opcodes.RENAME2]: 16, [opcodes.LINK]: 8, [opcodes.GETXATTR]: 8, [opcodes.SETXATTR]: 8 };
      for (let word = 0; word < (fixed[opcode] ?? 4 * below(20)); word += 4) body.u32(below(3) === 0 ? below(2 ** 32) : below(2) === 0 ? below(10) : [0o100644, 0o20644, 0, 4096][below(4)]);
      if (below(3) > 0) body.text(`${names[below(names.length)]}\0${names[below(names.length)]}\0`);
    });
    expect(client.server.nodes.freeBytes).toBeGreaterThanOrEqual(0);
  }
  let pages = 0;
  for (const node of client.server.nodes.state.nodes.values()) pages += node.pages.size;
  expect(pages * 4096).toBeLessThanOrEqual(client.server.nodes.state.used);
  expect(client.server.nodes.state.used).toBeLessThanOrEqual(100_000);
});
