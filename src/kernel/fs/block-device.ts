// The machine's disk as a block device: a page cache over it that the file system and /dev/vda share.
import { EINVAL, EIO, ENOMEM, ENOTTY, EROFS, type Errno, failed } from "../../abi/errno.js";
import { O_ACCMODE, O_RDONLY } from "../../abi/fcntl.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import type { DeviceDriver, Disk } from "../devices.js";
import type { Sink } from "../io.js";
import type { Kernel } from "../kernel.js";
import { type Frame, FRAME_SIZE, type Frames, type Reclaimer } from "../memory/frames.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { File, type Transfer } from "../vfs/file.js";
import type { Inode, PageCache } from "../vfs/inode.js";
import { FilePages } from "../vfs/page-cache.js";
import type { Path } from "../vfs/path.js";
import { seekIn } from "../vfs/regular-file.js";
import { wired } from "../wires.js";

/** Blocks read at once from a miss on: 64 KiB. */
const READ_AHEAD_BLOCKS = 16;

/** Blocks of the disk in frames, by block number. */
export class BlockDevice extends FilePages implements Reclaimer {
  readonly disk: Disk;

  constructor(frames: Frames, disk: Disk) {
    super(frames);
    this.disk = disk;
  }

  get size(): number {
    return this.disk.blocks * FRAME_SIZE;
  }

  get sparse(): boolean {
    return false;
  }

  override page(index: number, payer: Cgroup): Frame | Errno {
    return index >= 0 && index < this.disk.blocks ? super.page(index, payer) : EIO;
  }

  /** Reads the block and those after it that are not there yet. Frames that can't be had make it less, not fail. */
  protected fill(index: number, payer: Cgroup): Frame | Errno {
    const frames: Frame[] = [];
    while (frames.length < READ_AHEAD_BLOCKS && index + frames.length < this.disk.blocks && this.present(index + frames.length) === 0) {
      const frame = this.frames.allocate(payer);
      if (frame === 0) break;
      frames.push(frame);
    }
    if (frames.length === 0) return ENOMEM;
    const failure = this.request(index, frames);
    if (failure !== undefined) {
      for (const frame of frames) this.frames.release(frame);
      return failure;
    }
    frames.forEach((frame, i) => this.held.set(index + i, frame));
    return frames[0];
  }

  /** A disk that does not answer at once is not there yet: EIO. */
  private request(index: number, frames: readonly Frame[]): Errno | undefined {
    try {
      return this.disk.read(index, frames) ? undefined : EIO;
    } catch (error) {
      if (failed(error)) return error;
      throw error;
    }
  }

  /** Lets go of blocks that nobody maps, those read longest ago first: they can be read again. */
  reclaim(payer: Cgroup, wanted: number): number {
    const freed = this.letGo(wanted, payer);
    return freed > 0 ? freed : this.letGo(wanted, undefined);
  }

  private letGo(wanted: number, payer: Cgroup | undefined): number {
    let freed = 0;
    for (const [index, frame] of this.held) {
      if (freed === wanted) break;
      if (this.frames.referencesOf(frame) > 1 || (payer !== undefined && this.frames.payerOf(frame) !== payer)) continue;
      this.held.delete(index);
      this.frames.release(frame);
      freed++;
    }
    return freed;
  }
}

/** The page cache of the machine's disk; undefined where there is none. */
export function diskCache(kernel: Kernel): BlockDevice | undefined {
  if (kernel.disk === undefined) return undefined;
  const namespace = kernel.initialNamespaces.mnt;
  if (namespace.disk instanceof BlockDevice) return namespace.disk;
  const device = new BlockDevice(kernel.frames, kernel.disk);
  kernel.frames.reclaimers.add(device);
  namespace.disk = device;
  return device;
}

// linux/fs.h
const BLKROGET = 0x125e;
const BLKGETSIZE = 0x1260;
const BLKSSZGET = 0x1268;
const BLKBSZGET = 0x80081270;
const BLKGETSIZE64 = 0x80081272;

class BlockFile extends File {
  private readonly device: BlockDevice;

  constructor(inode: Inode, flags: number, path: Path | undefined, device: BlockDevice) {
    super(inode, flags, path);
    this.device = device;
  }

  override get seekable(): boolean {
    return true;
  }

  override get end(): number {
    return this.device.size;
  }

  override get pages(): PageCache {
    return this.device;
  }

  override read(task: Task, into: Sink, at: number): Transfer {
    const wanted = Math.min(into.room, this.device.size - at);
    if (wanted <= 0) return 0;
    const n = into.prepare(wanted);
    for (let done = 0; done < n;) {
      const within = (at + done) % FRAME_SIZE;
      const piece = Math.min(FRAME_SIZE - within, n - done);
      const frame = this.device.page((at + done - within) / FRAME_SIZE, task.cgroup);
      if (failed(frame)) return done > 0 ? done : frame;
      into.put(task.kernel.frames.bytes(frame).subarray(within, within + piece));
      done += piece;
    }
    return n;
  }

  override write(): Errno {
    return EROFS;
  }

  override seek(_task: Task, offset: number, whence: number): number | Errno {
    return seekIn(this.device, this.device.size, this.offset, offset, whence);
  }

  override ioctl(task: Task, command: number, argument: number): number | Errno {
    const { memory } = task;
    switch (command >>> 0) {
      case BLKROGET: memory.writeI32(argument, 1); return 0;
      case BLKSSZGET: memory.writeI32(argument, 512); return 0;
      case BLKBSZGET: memory.writeU64(argument, FRAME_SIZE); return 0;
      case BLKGETSIZE: memory.writeU64(argument, this.device.size / 512); return 0;
      case BLKGETSIZE64: memory.writeU64(argument, this.device.size); return 0;
      default: return ENOTTY;
    }
  }

  override sync(): Errno | undefined {
    return undefined;
  }
}

/** The driver of /dev/vda (Linux: virtio_blk, major 254). */
export const diskDriver: DeviceDriver = wired("virtblk", {
  open(task: Task, inode: Inode, path: Path | undefined, flags: number): File | Errno {
    const device = diskCache(task.kernel);
    if (device === undefined) return EINVAL;
    return (flags & O_ACCMODE) === O_RDONLY ? new BlockFile(inode, flags, path, device) : EROFS;
  },
});

savable(BlockDevice, BlockFile);
