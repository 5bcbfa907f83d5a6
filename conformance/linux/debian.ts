// Debian's riscv64 kernel, modules of it and its busybox, as the mirror's signed index has them.
import { execFileSync } from "node:child_process";
import { nodeImageHost } from "../../src/host/node/image-host.js";
import { Deb } from "../../src/container/image/deb.js";
import { download, gather } from "../../src/container/image/download.js";
import { readIndex } from "../../src/container/image/index-fetch.js";
import { openMirror } from "../../src/container/image/mirror.js";
import type { Package, PackagesIndex } from "../../src/container/image/packages-index.js";
import { Store } from "../../src/container/image/store.js";

const KERNEL_LIMIT = 128 << 20;

export interface RealLinux {
  /** Debian's version of the kernel's package. */
  version: string;
  kernel: Uint8Array;
  busybox: Uint8Array;
  /** By their names, as insmod wants them. */
  modules: Map<string, Uint8Array>;
}

/** Fetches what isn't in the store yet: the kernel's package has 112 MB. */
export async function fetchLinux(modules: readonly string[] = []): Promise<RealLinux> {
  const store = new Store(nodeImageHost());
  const mirror = await openMirror(store);
  const index = await readIndex(store, mirror, () => undefined);
  const image = find(index, find(index, "linux-image-riscv64").depends[0][0].name);
  const fetched = (each: Package, files: readonly RegExp[]): Promise<Uint8Array[]> => store.leased(async () => {
    const { filename, sha256, size, name } = each;
    await download(store, { urls: [`${mirror.url}/${filename}`], sha256, size, what: `the package ${name}` }, () => undefined);
    return filesIn(store, each, files);
  });
  const [kernel, ...compressed] = await fetched(image, [/^(\.\/)?boot\/vmlinu[xz]-/, ...modules.map((name) => new RegExp(`/${name}\\.ko\\.xz$`))]);
  const [busybox] = await fetched(find(index, "busybox-static"), [/bin\/busybox$/]);
  const decompress = (bytes: Uint8Array): Uint8Array => execFileSync("xz", ["-dc"], { input: bytes, maxBuffer: KERNEL_LIMIT });
  return { version: `${image.name} ${image.version}`, kernel, busybox, modules: new Map(modules.map((name, i) => [name, decompress(compressed[i])])) };
}

function find(index: PackagesIndex, name: string): Package {
  const found = index.find(name);
  if (!found) throw new Error(`the mirror has no package ${name}`);
  return found;
}

async function filesIn(store: Store, { sha256, name }: Package, wanted: readonly RegExp[]): Promise<Uint8Array[]> {
  const deb = await Deb.open(store.host, store.blobPath(sha256), `the package ${name}`);
  const found = new Map<RegExp, Uint8Array>();
  try {
    // To its end: a stream of tar entries that is left early never closes.
    for await (const entry of deb.data()) {
      const pattern = entry.kind === "file" ? wanted.find((each) => each.test(entry.name)) : undefined;
      if (pattern) found.set(pattern, await gather(entry.body, KERNEL_LIMIT));
    }
  } finally {
    await deb.close();
  }
  return wanted.map((pattern) => {
    const bytes = found.get(pattern);
    if (!bytes) throw new Error(`the package ${name} has no file like ${pattern.source}`);
    return bytes;
  });
}
