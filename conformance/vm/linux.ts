// Debian's kernel and busybox, unpacked once: the kernel's package has 112 MB, and its decompression takes seconds.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fetchLinux } from "../linux/debian.js";

const folder = join(new URL("../..", import.meta.url).pathname, "node_modules/.cache/nestbox-linux");

export interface Linux {
  kernel: Uint8Array;
  busybox: Uint8Array;
}

export async function linux(): Promise<Linux> {
  const [kernel, busybox] = ["kernel", "busybox"].map((name) => join(folder, name));
  if (!existsSync(kernel)) {
    console.log("Fetching Debian's kernel for riscv64: 112 MB, once.");
    const fetched = await fetchLinux();
    mkdirSync(folder, { recursive: true });
    // The kernel comes last, so that it is there only where both are.
    for (const [path, bytes] of [[busybox, fetched.busybox], [kernel, fetched.kernel]] as const) {
      writeFileSync(`${path}.${process.pid}`, bytes);
      renameSync(`${path}.${process.pid}`, path);
    }
  }
  return { kernel: readFileSync(kernel), busybox: readFileSync(busybox) };
}
