// What kernel objects cost, in bytes of kernel memory: fixed, and about what the engine's heap really takes for each.

/** The smallest and the largest share of a machine's memory that kernel objects may take, in bytes, and the fraction in between. */
const LEAST = 16 << 20;
const MOST = 256 << 20;
const FRACTION = 4;

/** The ceiling of kernel objects for a machine with so much memory. */
export const kernelCeiling = (ramBytes: number): number => Math.min(Math.max(Math.floor(ramBytes / FRACTION), LEAST), MOST);

export const cost = {
  /** A thread, with its registers, queues and timer; a process besides, with its signals' actions and limits. */
  task: 6144,
  process: 6144,
  /** An open file, with an inode of its own where it is anonymous. */
  file: 1536,
  socket: 4096,
  terminal: 16384,
  /** An open file in a table. */
  descriptor: 64,
  /** An inode in memory with its name. */
  inode: 2048,
  /** An extended attribute, a name more for a file, an entry of a listing, besides their bytes. */
  attribute: 256,
  name: 512,
  entry: 96,
  mapping: 512,
  mount: 2048,
  watch: 512,
  lock: 128,
  timer: 512,
  /** A message that waits in a socket, besides its bytes. */
  message: 384,
} as const;
