// Debian's riscv64 kernel and its busybox, as the mirror's signed index has them.
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
}

/** Fetches what isn't in the store yet: the kernel's package has 112 MB. */
export async function fetchLinux(): Promise<RealLinux> {
  const store = new Store(nodeImageHost());
  const mirror = await openMirror(store);
  const index = await readIndex(store, mirror, () => undefined);
  const image = find(index, find(index, "linux-image-riscv64").depends[0][0].name);
  const fetched = (each: Package, file: RegExp): Promise<Uint8Array> => store.leased(async () => {
    const { filename, sha256, size, name } = each;
    await download(store, { urls: [`${mirror.url}/${filename}`], sha256, size, what: `the package ${name}` }, () => undefined);
    return fileIn(store, each, file);
  });
  return {
    version: `${image.name} ${image.version}`,
    kernel: await fetched(image, /^(\.\/)?boot\/vmlinu[xz]-/),
    busybox: await fetched(find(index, "busybox-static"), /bin\/busybox$/),
  };
}

function find(index: PackagesIndex, name: string): Package {
  const found = index.find(name);
  if (!found) throw new Error(`the mirror has no package ${name}`);
  return found;
}

async function fileIn(store: Store, { sha256, name }: Package, wanted: RegExp): Promise<Uint8Array> {
  const deb = await Deb.open(store.host, store.blobPath(sha256), `the package ${name}`);
  let found: Uint8Array | undefined;
  try {
    // To its end: a stream of tar entries that is left early never closes.
    for await (const entry of deb.data()) {
      if (entry.kind === "file" && wanted.test(entry.name)) found = await gather(entry.body, KERNEL_LIMIT);
    }
  } finally {
    await deb.close();
  }
  if (!found) throw new Error(`the package ${name} has no file like ${wanted.source}`);
  return found;
}
