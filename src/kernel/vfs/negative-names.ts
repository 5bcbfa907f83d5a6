// Names that were looked for in vain, of the whole machine: the oldest are forgotten, so that a guest can't fill the kernel with them.
import { savable } from "../save.js";
import type { Dentry } from "./path.js";

const AT_MOST = 16384;

export class NegativeNames {
  /** In the order in which they were remembered. Some may have come to name something since. */
  private readonly known = new Set<Dentry>();

  add(dentry: Dentry): void {
    this.known.add(dentry);
    if (this.known.size <= AT_MOST) return;
    const [oldest] = this.known;
    this.known.delete(oldest);
    if (oldest.inode === undefined) oldest.forget();
  }
}

savable(NegativeNames);
