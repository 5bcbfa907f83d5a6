// Reading struct iovec arrays of readv(2) and its kin.
import { EINVAL, type Errno } from "../../abi/errno.js";
import { UIO_MAXIOV } from "../../abi/fcntl.js";
import type { Iovec } from "../memory/user.js";
import type { Task } from "../task/task.js";
import { MAX_TRANSFER_BYTES } from "../vfs/regular-file.js";

/** Bytes of a struct iovec. */
const IOVEC_BYTES = 16;

/** The pieces, without the first `skip` bytes; together at most what one call transfers. EINVAL, EFAULT. */
export function readVectors(task: Task, at: number, count: number, skip = 0): Iovec[] | Errno {
  if (count < 0 || count > UIO_MAXIOV) return EINVAL;
  const vectors: Iovec[] = [];
  if (count === 0) return vectors;
  const bytes = task.memory.read(at, count * IOVEC_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (offset: number): number => view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
  let left = MAX_TRANSFER_BYTES;
  let skipped = skip;
  for (let i = 0; i < count; i++) {
    const base = word(i * IOVEC_BYTES);
    const length = word(i * IOVEC_BYTES + 8);
    if (length >= 2 ** 63) return EINVAL;
    const taken = Math.min(length, left);
    left -= taken;
    const past = Math.min(skipped, taken);
    skipped -= past;
    if (taken > past) vectors.push({ base: base + past, length: taken - past });
  }
  return vectors;
}
