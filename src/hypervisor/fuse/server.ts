// A FUSE server in the process: answers a guest's kernel from the nodes of its root filesystem. Whatever a request holds is the guest's, and hostile.
import { directoryOperations } from "./directory-operations.js";
import { fileOperations } from "./file-operations.js";
import { LowerFailure, type LowerTree } from "./lower-tree.js";
import { type Node, Nodes, type NodesState, Refusal, type Time } from "./nodes.js";
import { errors, opcodes, REPLY_HEADER_BYTES, REQUEST_HEADER_BYTES, ReplyWriter, type RequestHeader, RequestReader } from "./protocol.js";

/** One request: its header, a reader behind it, and what the answer may take. */
export interface Request {
  readonly header: RequestHeader;
  readonly body: RequestReader;
  /** Bytes of the answer that fit, without its header. */
  readonly room: number;
}

export interface FuseServerWires {
  lower: LowerTree;
  /** Most bytes that the guest may write over it. */
  limitBytes: number;
  /** Nanoseconds since 1970. */
  now(): bigint;
}

/** Writes the answer, or throws a Refusal. */
export type Operation = (server: FuseServer, request: Request, reply: ReplyWriter) => void;

const MAJOR = 7, MINOR = 31;
/** As many pages as a request of virtio-fs carries. */
export const MAX_PAGES = 256;
const MAX_WRITE = MAX_PAGES * 4096;
/** The guest is the only one that changes anything: what it knows stays true. */
const FOR_EVER = 2 ** 31;
const ASYNC_READ = 1 << 0, BIG_WRITES = 1 << 5, WRITEBACK_CACHE = 1 << 16, NO_OPEN_SUPPORT = 1 << 17, PARALLEL_DIROPS = 1 << 18;
const MAX_PAGES_GIVEN = 1 << 22, CACHE_SYMLINKS = 1 << 23, NO_OPENDIR_SUPPORT = 1 << 24;
const FLAGS = ASYNC_READ | BIG_WRITES | WRITEBACK_CACHE | NO_OPEN_SUPPORT | PARALLEL_DIROPS | MAX_PAGES_GIVEN | CACHE_SYMLINKS | NO_OPENDIR_SUPPORT;

const init: Operation = (_server, { body }, reply) => {
  const major = body.u32();
  body.skip(4);
  const readahead = body.u32(), offered = body.u32();
  // Another major version asks again with ours (libfuse, fuse_lowlevel.c do_init).
  reply.u32(MAJOR).u32(MINOR);
  if (major !== MAJOR) return;
  reply.u32(Math.min(readahead, MAX_WRITE)).u32(offered & FLAGS).u16(64).u16(48).u32(MAX_WRITE).u32(1).u16(MAX_PAGES).u16(0).u32(0).zeros(28);
};

const forget: Operation = ({ nodes }, { header, body }) => dropLookups(nodes, header.node, body.u64());

const batchForget: Operation = ({ nodes }, { header, body }) => {
  const count = Math.min(body.u32(), Math.floor((header.length - REQUEST_HEADER_BYTES - 8) / 16));
  body.skip(4);
  for (let i = 0; i < count; i++) dropLookups(nodes, body.u64(), body.u64());
};

function dropLookups(nodes: Nodes, number: number, count: number): void {
  const node = nodes.state.nodes.get(number);
  if (node === undefined) return;
  node.lookups = Math.max(0, node.lookups - count);
  nodes.reap(node);
}

const nothing: Operation = () => undefined;

const operations: ReadonlyMap<number, Operation> = new Map([
  [opcodes.INIT, init], [opcodes.DESTROY, nothing], [opcodes.SYNCFS, nothing], [opcodes.FORGET, forget], [opcodes.BATCH_FORGET, batchForget], [opcodes.INTERRUPT, nothing],
  ...directoryOperations, ...fileOperations,
]);
const unanswered = new Set<number>([opcodes.FORGET, opcodes.BATCH_FORGET, opcodes.INTERRUPT]);

export class FuseServer {
  readonly nodes: Nodes;
  private readonly wires: FuseServerWires;

  constructor(wires: FuseServerWires, saved?: NodesState) {
    this.wires = wires;
    this.nodes = new Nodes(wires.lower, wires.limitBytes, saved);
  }

  now(): Time {
    const now = this.wires.now();
    return { sec: Number(now / 1_000_000_000n), nsec: Number(now % 1_000_000_000n) };
  }

  /** Answers a request; undefined where none is due. `room`: bytes of the answer that fit. */
  answer(bytes: Uint8Array, room: number): Uint8Array | undefined {
    const body = new RequestReader(bytes);
    const header = body.header();
    if (bytes.length < REQUEST_HEADER_BYTES) return undefined;
    const reply = new ReplyWriter();
    const errno = this.carryOut({ header, body, room: room - REPLY_HEADER_BYTES }, reply);
    if (unanswered.has(header.opcode)) return undefined;
    const out = new ReplyWriter();
    const content = errno === 0 ? reply.written : new Uint8Array(0);
    return out.u32(REPLY_HEADER_BYTES + content.length).u32(-errno).wide(header.unique).data(content).written;
  }

  private carryOut(request: Request, reply: ReplyWriter): number {
    const operation = operations.get(request.header.opcode);
    if (operation === undefined) return errors.ENOSYS;
    try {
      operation(this, request, reply);
      return reply.length > request.room ? errors.EIO : 0;
    } catch (error) {
      if (error instanceof Refusal) return error.errno;
      if (error instanceof LowerFailure) return errors.EIO;
      throw error;
    }
  }

  /** A node as an answer to who looked it up (struct fuse_entry_out). */
  entry(node: Node, reply: ReplyWriter): void {
    node.lookups++;
    reply.u64(node.number).u64(0).u64(FOR_EVER).u64(FOR_EVER).u32(0).u32(0);
    attributes(node, reply);
  }

  /** struct fuse_attr_out. */
  attributes(node: Node, reply: ReplyWriter): void {
    reply.u64(FOR_EVER).u32(0).u32(0);
    attributes(node, reply);
  }
}

function attributes(node: Node, reply: ReplyWriter): void {
  reply.u64(node.number).u64(node.size).u64(Math.ceil(node.size / 512));
  reply.u64(node.atime.sec).u64(node.mtime.sec).u64(node.ctime.sec).u32(node.atime.nsec).u32(node.mtime.nsec).u32(node.ctime.nsec);
  reply.u32(node.mode).u32(node.nlink).u32(node.uid).u32(node.gid).u32(node.rdev).u32(4096).u32(0);
}
