// The vDSO of a machine: the pages [vvar] and [vdso] that every process has mapped, and what the kernel keeps up to date in them.
import { u64 } from "../../abi/bytes.js";
import { ENOMEM, type Errno, failed } from "../../abi/errno.js";
import type { Cgroup } from "../cgroups/cgroup.js";
import type { Clock } from "../clock.js";
import { savable } from "../save.js";
import type { AddressSpace } from "./address-space.js";
import type { Frame, Frames } from "./frames.js";
import { PAGE_SIZE } from "./layout.js";
import { FixedPages } from "./shared-pages.js";
import { VVAR_ASK_KERNEL, VVAR_NANOSECONDS, VVAR_PAGES, VVAR_SECONDS } from "./vdso-code.js";
import { vdsoImage } from "./vdso-image.js";
import { VM_DONTDUMP, VM_DONTEXPAND, VM_EXEC, VM_MAYEXEC, VM_MAYREAD, VM_MAYWRITE, VM_READ } from "./vma.js";

export class Vdso {
  private readonly frames: Frames;
  private readonly data: Frame;
  private readonly code: FixedPages;
  /** For tasks of the initial time namespace, and for the others, whose clocks only the kernel knows. */
  private readonly direct: FixedPages;
  private readonly asking: FixedPages;
  /** The clock's `settings` that the data are of. */
  private settings = -1;

  /** Takes four frames; a machine too small for them can't be. */
  constructor(frames: Frames, payer: Cgroup) {
    const [code, data, rest, asking] = Array.from({ length: 4 }, () => frames.allocate(payer));
    if (asking === 0) throw new Error("the machine has no memory for the vDSO");
    this.frames = frames;
    this.data = data;
    frames.writable(code).set(vdsoImage());
    frames.writable(asking)[VVAR_ASK_KERNEL] = 1;
    this.code = new FixedPages([code]);
    this.direct = new FixedPages([data, rest]);
    this.asking = new FixedPages([asking, rest]);
  }

  /** Brings [vvar] up to date where real time was set since: one comparison otherwise. */
  refresh(clock: Clock): void {
    if (clock.settings === this.settings) return;
    this.settings = clock.settings;
    const bytes = this.frames.writable(this.data);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const { sec, nsec } = clock.bootTime;
    u64(view, VVAR_SECONDS, sec);
    u64(view, VVAR_NANOSECONDS, nsec);
  }

  /** Maps both, [vvar] right below [vdso] (Linux: arch_setup_additional_pages). `askKernel`: the task has clocks of its own. */
  mapInto(space: AddressSpace, askKernel: boolean): Errno | undefined {
    const first = space.findGap(VVAR_PAGES + 1);
    if (failed(first)) return ENOMEM;
    const kept = VM_READ | VM_MAYREAD | VM_MAYEXEC | VM_DONTEXPAND;
    const pages = askKernel ? this.asking : this.direct;
    const vvar = space.map({ at: first, how: "keep" }, VVAR_PAGES, kept | VM_DONTDUMP, { file: undefined, pages, offset: 0, name: "[vvar]" });
    if (failed(vvar)) return vvar;
    const at = first + VVAR_PAGES;
    const vdso = space.map({ at, how: "keep" }, 1, kept | VM_EXEC | VM_MAYWRITE, { file: undefined, pages: this.code, offset: 0, name: "[vdso]" });
    if (failed(vdso)) return vdso;
    space.vdso = at * PAGE_SIZE;
    return undefined;
  }
}

savable(Vdso);
