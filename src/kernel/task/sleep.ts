// The wait of a relative sleep, which a handler ends with the time that was left (nanosleep(2)).
import { i64 } from "../../abi/bytes.js";
import { EFAULT, EINTR, Errno } from "../../abi/errno.js";
import { savable } from "../save.js";
import { Wait } from "../wait.js";
import type { Task } from "./task.js";

export class SleepWait extends Wait {
  /** Where the time left goes; 0: nowhere. */
  private readonly restAt: number;

  constructor(untilNs: number, restAt: number) {
    super([], untilNs, "nohand");
    this.restAt = restAt;
  }

  /** The call's result when a handler ends it. */
  interrupted(task: Task): Errno {
    if (this.restAt === 0) return EINTR;
    const leftNs = Math.max(0, this.untilNs - task.kernel.clock.monotonicNs());
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    i64(view, 0, Math.floor(leftNs / 1e9));
    i64(view, 8, Math.floor(leftNs % 1e9));
    try {
      task.memory.write(this.restAt, bytes);
    } catch (thrown) {
      if (thrown instanceof Errno) return EFAULT;
      throw thrown;
    }
    return EINTR;
  }
}

savable(Wait, SleepWait);
