// EROFS, read-only and uncompressed: the format that disks of machines have (Linux: fs/erofs).
import { EINVAL, EIO, ENODATA, ENOENT, ENOMEM, ENOTDIR, EROFS, EUCLEAN, type Errno, failed } from "../../abi/errno.js";
import { S_IFMT, S_ISDIR, S_ISLNK, S_ISREG } from "../../abi/stat.js";
import { type ByteString, fromBytes } from "../bytestring.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import type { Kernel } from "../kernel.js";
import { type Frame, FRAME_SIZE } from "../memory/frames.js";
import { savable } from "../save.js";
import type { Task } from "../task/task.js";
import { DirectoryFile } from "../vfs/directory-file.js";
import type { File } from "../vfs/file.js";
import { type DirectoryEntry, FileSystem, type FileSystemFacts, Inode } from "../vfs/inode.js";
import type { PageCache, PageCacheMapping } from "../vfs/inode.js";
import type { Path } from "../vfs/path.js";
import { RegularFile } from "../vfs/regular-file.js";
import type { BlockDevice } from "./block-device.js";
import { DirectoryBlock, compare } from "./erofs-directory.js";
import {
  BLOCK_SIZE, type DiskInode, EROFS_MAGIC, EXTENDED_INODE_BYTES, FLAT_INLINE, INODE_SLOT_BYTES, type Superblock, decodeInode, decodeSuperblock,
} from "./erofs-format.js";
import { readXattrs } from "./erofs-xattrs.js";

/** DT_* of the types that directory entries name. */
const entryTypes: readonly number[] = [0, 8, 4, 2, 6, 1, 12, 10];
const PATH_MAX = 4096;

export class Erofs extends FileSystem {
  override readonly type = "erofs";
  override readonly root: Inode;
  readonly disk: BlockDevice;
  readonly superblock: Superblock;
  private readonly payer: Cgroup;
  private readonly inodes = new Map<number, ErofsInode>();

  /** Use `mount`. */
  constructor(device: number, disk: BlockDevice, superblock: Superblock, payer: Cgroup) {
    super(device);
    this.disk = disk;
    this.superblock = superblock;
    this.payer = payer;
    this.readOnly = true;
    const root = this.inode(superblock.rootNid);
    if (failed(root)) throw root;
    if (!S_ISDIR(root.mode)) throw EUCLEAN;
    this.root = root;
  }

  /** Mounts what is on the disk. EINVAL: no EROFS; EUCLEAN: a damaged one. A disk that takes its time throws a Wait. */
  static mount(kernel: Kernel, device: number, disk: BlockDevice, payer: Cgroup = kernel.rootCgroup): Erofs | Errno {
    const first = disk.page(0, payer);
    if (failed(first)) return first === EIO ? EINVAL : first;
    const superblock = decodeSuperblock(kernel.frames.bytes(first));
    if (failed(superblock)) return superblock;
    try {
      return new Erofs(device, disk, superblock, payer);
    } catch (error) {
      if (failed(error)) return error;
      throw error;
    }
  }

  override facts(): FileSystemFacts {
    const { blocks, inodes } = this.superblock;
    return { type: EROFS_MAGIC, blockSize: BLOCK_SIZE, blocks, free: 0, files: inodes, filesFree: 0, nameLength: 255 };
  }

  inode(nid: number): ErofsInode | Errno {
    const known = this.inodes.get(nid);
    if (known !== undefined) return known;
    const at = this.superblock.metaBlock * BLOCK_SIZE + nid * INODE_SLOT_BYTES;
    if (at + INODE_SLOT_BYTES > this.disk.size) return EUCLEAN;
    const bytes = this.read(at, Math.min(EXTENDED_INODE_BYTES, this.disk.size - at));
    if (failed(bytes)) return bytes;
    const padded = new Uint8Array(EXTENDED_INODE_BYTES);
    padded.set(bytes);
    const decoded = decodeInode(new DataView(padded.buffer), this.superblock);
    if (failed(decoded)) return decoded;
    const inode = new ErofsInode(this, nid, at, decoded);
    this.inodes.set(nid, inode);
    return inode;
  }

  /** A copy of bytes of the disk, over block boundaries. */
  read(at: number, n: number): Uint8Array | Errno {
    if (at < 0 || at + n > this.disk.size) return EUCLEAN;
    const bytes = new Uint8Array(n);
    for (let done = 0; done < n;) {
      const within = (at + done) % BLOCK_SIZE;
      const block = this.block((at + done - within) / BLOCK_SIZE);
      if (failed(block)) return block;
      const piece = Math.min(BLOCK_SIZE - within, n - done);
      bytes.set(block.subarray(within, within + piece), done);
      done += piece;
    }
    return bytes;
  }

  /** A view of one block, to be read at once. */
  block(index: number): Uint8Array | Errno {
    const frame = this.disk.page(index, this.payer);
    return failed(frame) ? frame : this.disk.frames.bytes(frame);
  }
}

/** The pages of a file: frames of the disk's own cache, but for a tail that stands beside the inode. */
class ErofsPages implements PageCache {
  readonly mappings = new Set<PageCacheMapping>();
  private readonly inode: ErofsInode;
  private tail: Frame = 0;

  constructor(inode: ErofsInode) {
    this.inode = inode;
  }

  get size(): number {
    return this.inode.size;
  }

  get sparse(): boolean {
    return false;
  }

  present(index: number): Frame {
    if (index < 0 || index * FRAME_SIZE >= this.inode.size) return 0;
    return this.inode.hasTail(index) ? this.tail : this.inode.fs.disk.present(this.inode.firstBlock + index);
  }

  page(index: number, payer: Cgroup): Frame | Errno {
    const { inode } = this;
    if (index < 0 || index * FRAME_SIZE >= inode.size) return EIO;
    const { disk } = inode.fs;
    if (!inode.hasTail(index)) return disk.page(inode.firstBlock + index, payer);
    if (this.tail !== 0) return this.tail;
    const bytes = inode.tailBytes();
    if (failed(bytes)) return bytes;
    const frame = disk.frames.allocate(payer);
    if (frame === 0) return ENOMEM;
    disk.frames.writable(frame).set(bytes);
    this.tail = frame;
    return frame;
  }

  dirty(): void {}
}

export class ErofsInode extends Inode {
  declare readonly fs: Erofs;
  readonly firstBlock: number;
  private readonly layout: number;
  /** Where the inline attributes begin, how many bytes they are, and where what follows them begins. */
  private readonly xattrsAt: number;
  private readonly xattrBytes: number;
  private readonly inlineAt: number;
  private cache: ErofsPages | undefined = undefined;

  constructor(fs: Erofs, nid: number, at: number, disk: DiskInode) {
    super(fs, nid, disk.mode);
    this.uid = disk.uid;
    this.gid = disk.gid;
    this.nlink = disk.nlink;
    this.size = disk.size;
    this.atime = this.mtime = this.ctime = { sec: disk.sec, nsec: disk.nsec };
    this.layout = disk.layout;
    const node = [0o20000, 0o60000].includes(disk.mode & S_IFMT);
    this.rdev = node ? disk.data : 0;
    this.firstBlock = disk.data;
    this.xattrsAt = at + disk.bytes;
    this.xattrBytes = disk.xattrBytes;
    this.inlineAt = this.xattrsAt + disk.xattrBytes;
    if (!S_ISDIR(disk.mode) && !S_ISREG(disk.mode) && !S_ISLNK(disk.mode)) this.size = 0;
  }

  /** Whether the page is the tail that is stored beside the inode. */
  hasTail(index: number): boolean {
    return this.layout === FLAT_INLINE && index === Math.floor(this.size / BLOCK_SIZE) && this.size % BLOCK_SIZE !== 0;
  }

  tailBytes(): Uint8Array | Errno {
    const n = this.size % BLOCK_SIZE;
    // As Linux: inline data never crosses a block.
    if ((this.inlineAt % BLOCK_SIZE) + n > BLOCK_SIZE) return EUCLEAN;
    return this.fs.read(this.inlineAt, n);
  }

  override get pages(): PageCache | undefined {
    if (!S_ISREG(this.mode)) return undefined;
    this.cache ??= new ErofsPages(this);
    return this.cache;
  }

  override open(_task: Task, path: Path, flags: number): File | Errno {
    if (S_ISDIR(this.mode)) return new DirectoryFile(this, flags, path);
    return S_ISREG(this.mode) ? new RegularFile(this, flags, path) : EINVAL;
  }

  /** As Linux erofs_fill_inode: whole blocks, even where the bytes lie beside the inode. */
  override get blocks(): number {
    return Math.ceil(this.size / BLOCK_SIZE) * (BLOCK_SIZE / 512);
  }

  override touched(): void {}

  override setAttributes(): Errno {
    return EROFS;
  }

  /** The bytes of block `index` of a directory or link, as far as its size goes. */
  private dataBlock(index: number): Uint8Array | Errno {
    if (this.hasTail(index)) return this.tailBytes();
    const block = this.fs.block(this.firstBlock + index);
    return failed(block) ? block : block.subarray(0, Math.min(BLOCK_SIZE, this.size - index * BLOCK_SIZE));
  }

  private directoryBlock(index: number): DirectoryBlock | Errno {
    const bytes = this.dataBlock(index);
    return failed(bytes) ? bytes : DirectoryBlock.of(bytes);
  }

  private get blockCount(): number {
    return Math.ceil(this.size / BLOCK_SIZE);
  }

  override lookup(_task: Task, name: ByteString): Inode | Errno {
    if (!S_ISDIR(this.mode)) return ENOTDIR;
    let low = 0;
    let high = this.blockCount - 1;
    // The last block whose first name is not above the one sought.
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const block = this.directoryBlock(middle);
      if (failed(block)) return block;
      const first = block.name(0);
      if (failed(first)) return first;
      if (compare(name, first) < 0) high = middle - 1;
      else low = middle;
    }
    if (high < 0) return ENOENT;
    const block = this.directoryBlock(low);
    if (failed(block)) return block;
    const found = block.find(name);
    if (failed(found)) return found;
    return found < 0 ? ENOENT : this.child(block.nid(found));
  }

  /** Nothing below may be the directory itself again: the tree of a hostile disk may have rings, which paths would follow for ever. */
  private child(nid: number): Inode | Errno {
    return nid === this.ino || nid === this.fs.superblock.rootNid ? EUCLEAN : this.fs.inode(nid);
  }

  override list(): DirectoryEntry[] | Errno {
    if (!S_ISDIR(this.mode)) return ENOTDIR;
    const entries: DirectoryEntry[] = [];
    for (let index = 0; index < this.blockCount; index++) {
      const block = this.directoryBlock(index);
      if (failed(block)) return block;
      for (let i = 0; i < block.count; i++) {
        const name = block.text(i);
        if (failed(name)) return name;
        if (name === "." || name === "..") continue;
        if (name.includes("/") || name.includes("\0")) return EUCLEAN;
        entries.push({ name, ino: block.nid(i), type: entryTypes[block.type(i)] ?? 0 });
      }
    }
    return entries;
  }

  override readlink(): ByteString | Errno {
    if (!S_ISLNK(this.mode)) return EINVAL;
    if (this.size === 0 || this.size >= PATH_MAX) return EUCLEAN;
    const bytes = this.dataBlock(0);
    if (failed(bytes)) return bytes;
    const target = fromBytes(bytes);
    return target.includes("\0") ? EUCLEAN : target;
  }

  override getxattr(_task: Task, name: ByteString): Uint8Array | Errno {
    const all = this.xattrs();
    return failed(all) ? all : (all.get(name) ?? ENODATA);
  }

  override listxattr(): ByteString[] | Errno {
    const all = this.xattrs();
    return failed(all) ? all : [...all.keys()];
  }

  /** Decoded anew each time: hardly any file has some. */
  private xattrs(): Map<ByteString, Uint8Array> | Errno {
    return readXattrs(this.fs.superblock, (at, n) => this.fs.read(at, n), this.xattrsAt, this.xattrBytes);
  }
}

savable(Erofs, ErofsPages, ErofsInode);
