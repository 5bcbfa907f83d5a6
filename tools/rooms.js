// Which room may import what: the table of ARCHITECTURE.md, from which lint derives the boundaries and their tests the violations.

/**
 * @typedef {object} Room
 * @property {string} at the folder, or the file, that the room is
 * @property {string[]} imports folders and files whose modules it may import, besides its own
 * @property {string[]} [types] folders and files of which it may import types only
 * @property {string[]} [builtins] modules of Node that it may import; "node:*" is all of them
 * @property {string[]} [packages] npm packages that it may import; "*" is all of them
 */

// Streams of bytes and digests need no authority; files, sockets, processes and clocks do, and come in through the host's interface.
const harmless = ["node:buffer", "node:crypto", "node:events", "node:path", "node:stream", "node:stream/promises", "node:string_decoder", "node:url", "node:util", "node:zlib"];

// One file, and a folder for the parts that would make it long.
const hostInterface = ["src/host/interface.ts", "src/host/interface"];

/** The first row whose `at` holds a file is its room, so a narrower folder stands before the wider one. @type {Room[]} */
export const rooms = [
  { at: "src/abi", imports: [] },
  { at: "src/isa", imports: [] },
  { at: "src/wasm", imports: [] },
  { at: "src/hardware", imports: ["src/isa", "src/wasm"] },
  {
    at: "src/kernel",
    imports: ["src/abi", "src/hardware/hart", "src/hardware/hart.ts", "src/hardware/memory", "src/hardware/memory.ts"],
    types: hostInterface,
  },
  { at: "src/hypervisor", imports: ["src/hardware"] },
  {
    at: "src/container",
    imports: ["src/abi", "src/kernel/index.ts"],
    types: hostInterface,
    builtins: harmless,
    packages: ["fzstd", "openpgp", "tar-stream", "xz-decompress"],
  },
  ...hostInterface.map((at) => ({ at, imports: hostInterface })),
  { at: "src/host/node", imports: hostInterface, builtins: ["node:*"] },
  { at: "src/host/browser", imports: hostInterface },
  { at: "src/host", imports: hostInterface },
  {
    at: "src/system",
    imports: ["src/abi", "src/isa", "src/wasm", "src/hardware", "src/kernel", "src/hypervisor", "src/container", "src/host"],
    builtins: harmless,
  },
  { at: "src/sdk", imports: ["src/system", "src/host"], builtins: [...harmless, "node:worker_threads"] },
  { at: "src/face/web", imports: ["src/sdk"] },
  { at: "src/face", imports: ["src/sdk"], builtins: ["node:*"] },
  ...["conformance", "bench", "tools"].map((at) => ({ at, imports: ["src", "conformance", "bench", "tools"], builtins: ["node:*"], packages: ["*"] })),
];

/** @param {string} file a path from the project's root, with forward slashes @param {string} at */
export const within = (file, at) => file === at || file.startsWith(at + "/");

/** @param {string} file @returns {Room | undefined} */
export const roomOf = (file) => rooms.find((room) => within(file, room.at));

/** Tests, and what only tests import, may look at everything. @param {string} file */
export const isTest = (file) => /\.test\.ts$|\/testing\//.test(file);
