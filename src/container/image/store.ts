// The content-addressed store of blobs and image records: everything appears by rename, whole and verified, or not at all.

import { codeOf, ImageError, messageOf } from "./error.js";
import type { ImageHost, NewFile } from "../../host/interface/images.js";

/** Leftovers of processes that can't be asked after (another machine's) are removed after a day. */
const STALE_MS = 24 * 3600 * 1000;

export interface PackageRecord {
  name: string;
  version: string;
  /** SHA-256 of the .deb, in hexadecimal. */
  digest: string;
}

export interface ImageConfig {
  env: Record<string, string>;
  cmd: string[];
  workdir: string;
  user: string;
}

export interface ImageRecord {
  /** Raised when disks are laid out in another way, so that older ones are built anew. */
  format: number;
  ref: string;
  kind: "deb" | "dir";
  packages: PackageRecord[];
  /** SHA-256 of the disk. */
  disk: string;
  /** Bytes of the disk. */
  size: number;
  /** ISO 8601. */
  created: string;
  config: ImageConfig;
  /** Of the directory's manifest, for `dir:` images. */
  manifest?: string;
}

let temporaries = 0;

export class Store {
  readonly host: ImageHost;

  constructor(host: ImageHost) {
    this.host = host;
  }

  blobPath(digest: string): string {
    return `${this.host.store}/blobs/sha256/${digest}`;
  }

  indexPath(name: string): string {
    return `${this.host.store}/index/${name}`;
  }

  /** Compares the size too: a file that another program cut short is not the blob. */
  async hasBlob(digest: string, size: number): Promise<boolean> {
    const stat = await this.host.files.lstat(this.blobPath(digest));
    return stat?.kind === "file" && stat.size === size;
  }

  /** Runs `fill` on a new file, which then appears at the path that it returns, or not at all. */
  async place<T extends { path: string }>(fill: (file: NewFile) => Promise<T>): Promise<T> {
    const { files, store, owner } = this.host;
    const temporary = `${store}/tmp/${owner}.${++temporaries}`;
    try {
      await files.makeDirectory(`${store}/tmp`);
      const file = await files.create(temporary);
      let placed: T;
      try {
        placed = await fill(file);
        await file.sync();
      } finally {
        await file.close();
      }
      const directory = placed.path.slice(0, placed.path.lastIndexOf("/"));
      await files.makeDirectory(directory);
      await files.rename(temporary, placed.path);
      await files.syncDirectory(directory);
      return placed;
    } catch (error) {
      await files.remove(temporary).catch(() => undefined);
      throw this.explain(error);
    }
  }

  async placeBytes(path: string, bytes: Uint8Array): Promise<void> {
    await this.place(async (file) => {
      await file.write(0, bytes);
      return { path };
    });
  }

  async record(ref: string): Promise<ImageRecord | undefined> {
    return this.readRecord(`${this.host.store}/images/${recordName(ref, this.host)}`);
  }

  async records(): Promise<ImageRecord[]> {
    const directory = `${this.host.store}/images`;
    const found: ImageRecord[] = [];
    for (const name of await this.host.files.list(directory)) {
      const record = await this.readRecord(`${directory}/${name}`);
      if (record) found.push(record);
    }
    return found;
  }

  async writeRecord(record: ImageRecord): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify(record, null, 1)}\n`);
    await this.placeBytes(`${this.host.store}/images/${recordName(record.ref, this.host)}`, bytes);
  }

  async removeRecord(ref: string): Promise<void> {
    await this.host.files.remove(`${this.host.store}/images/${recordName(ref, this.host)}`).catch((error: unknown) => {
      throw this.explain(error);
    });
  }

  /**
   * Holds a lease while `work` uses blobs that no record names yet, so that `collect` leaves them alone. Each side first shows its own
   * file and then looks for the other's, so at least one of the two sees the other.
   */
  async leased<T>(work: () => Promise<T>): Promise<T> {
    const { files, store, owner } = this.host;
    const lease = `${store}/tmp/${owner}.${++temporaries}.lease`;
    try {
      await files.makeDirectory(`${store}/tmp`);
      await (await files.create(lease)).close();
    } catch (error) {
      throw this.explain(error);
    }
    try {
      while (await this.held("collect")) await this.host.sleep(20);
      return await work();
    } finally {
      await files.remove(lease);
    }
  }

  /** Removes blobs that no record names and leftovers of dead processes. Nothing is done while another process pulls. */
  async collect(): Promise<void> {
    const { files, store, owner } = this.host;
    await this.sweepTemporaries();
    const lock = `${store}/tmp/${owner}.${++temporaries}.collect`;
    await files.makeDirectory(`${store}/tmp`);
    await (await files.create(lock)).close();
    try {
      if (await this.held("lease")) return;
      const used = new Set<string>();
      for (const record of await this.records()) {
        used.add(record.disk);
        for (const each of record.packages) used.add(each.digest);
      }
      for (const digest of await files.list(`${store}/blobs/sha256`)) {
        if (!used.has(digest)) await files.remove(this.blobPath(digest));
      }
    } finally {
      await files.remove(lock);
    }
  }

  /** Removes what processes that are gone (kill -9) left in tmp. */
  async sweepTemporaries(): Promise<void> {
    const { files, store } = this.host;
    try {
      for (const name of await files.list(`${store}/tmp`)) {
        if (!(await this.live(name))) await files.remove(`${store}/tmp/${name}`);
      }
    } catch (error) {
      throw this.explain(error);
    }
  }

  private async held(kind: "lease" | "collect"): Promise<boolean> {
    for (const name of await this.host.files.list(`${this.host.store}/tmp`)) {
      if (name.endsWith(`.${kind}`) && (await this.live(name))) return true;
    }
    return false;
  }

  private async live(name: string): Promise<boolean> {
    if (!this.host.alive(name.slice(0, name.indexOf(".")))) return false;
    const stat = await this.host.files.lstat(`${this.host.store}/tmp/${name}`);
    return stat !== undefined && this.host.nowMs() - Number(stat.mtimeNs / 1_000_000n) < STALE_MS;
  }

  private async readRecord(path: string): Promise<ImageRecord | undefined> {
    try {
      const record: unknown = JSON.parse(new TextDecoder().decode(await this.host.files.readFile(path)));
      return isRecord(record) ? record : undefined;
    } catch {
      return undefined; // not there, or damaged: it is pulled anew
    }
  }

  /** Says what to do about a store that can't be written. */
  private explain(error: unknown): unknown {
    const remedy = "or choose another directory with NESTBOX_STORE";
    switch (codeOf(error)) {
      case "ENOSPC":
      case "EDQUOT":
        return new ImageError(`the image store ${this.host.store} is full: free some space there ${remedy}`, error);
      case "EACCES":
      case "EPERM":
      case "EROFS":
      case "ENOENT":
        return new ImageError(`the image store ${this.host.store} can't be written (${messageOf(error)}): make it writable ${remedy}`);
      case "ENOTDIR":
      case "EISDIR":
        return new ImageError(`the image store ${this.host.store} is not a directory (${messageOf(error)}): move what is there ${remedy}`);
      default:
        return error;
    }
  }
}

function isRecord(value: unknown): value is ImageRecord {
  return typeof value === "object" && value !== null && "disk" in value && typeof value.disk === "string" &&
    /^[0-9a-f]{64}$/.test(value.disk) && "packages" in value && Array.isArray(value.packages) && "config" in value;
}

/** A file name holds 255 bytes; longer references go by their hash. */
function recordName(ref: string, host: ImageHost): string {
  const encoded = encodeURIComponent(ref);
  if (encoded.length <= 200) return `${encoded}.json`;
  const hash = host.sha256();
  hash.update(new TextEncoder().encode(ref));
  return `${hash.hex()}.json`;
}
