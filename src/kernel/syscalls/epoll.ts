// epoll_create1, epoll_ctl, epoll_pwait, epoll_pwait2.
import { EBADF, EFAULT, EINVAL, failed } from "../../abi/errno.js";
import { EPOLL_CTL_DEL, EPOLL_EVENT_BYTES, EPOLL_EVENT_DATA } from "../../abi/poll.js";
import { EpollFile, openEpoll } from "../ipc/epoll.js";
import { install } from "../ipc/install.js";
import { type Returned, syscall, type SystemCall } from "../syscall.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import { waitFor } from "../wait.js";
import { fd, flags, int, oneOf, pointer, size, slot, timeout } from "./arguments.js";
import { holdMask } from "./signal-mask.js";

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function control(task: Task, epoll: File, operation: number, number: number, at: number): Returned {
  let events = 0;
  let data = 0n;
  if (operation !== EPOLL_CTL_DEL) {
    const event = view(task.memory.read(at, EPOLL_EVENT_BYTES));
    events = event.getUint32(0, true);
    data = event.getBigUint64(EPOLL_EVENT_DATA, true);
  }
  const file = fd.decode(task, number);
  if (failed(file)) return EBADF;
  return epoll instanceof EpollFile ? epoll.control(task, operation, number, file, events, data) : EINVAL;
}

function wait(task: Task, epoll: File, at: number, most: number, timeoutNs: number | undefined): Returned {
  if (most <= 0 || most > 0x7fffffff / EPOLL_EVENT_BYTES) return EINVAL;
  if (!(epoll instanceof EpollFile)) return EINVAL;
  const until = task.deadline(timeoutNs);
  // What does not fit into memory must not be taken: one-shot and edge events would be lost.
  const room = Math.min(most, 4096);
  if ((epoll.poll(task)) !== 0) {
    const probe = task.memory.sink(at, EPOLL_EVENT_BYTES * room);
    const prepared = Math.floor(probe.prepare(EPOLL_EVENT_BYTES * room) / EPOLL_EVENT_BYTES);
    if (prepared === 0) return EFAULT;
    const found = epoll.collect(task, prepared);
    if (found.length > 0) {
      const bytes = new Uint8Array(found.length * EPOLL_EVENT_BYTES);
      found.forEach(({ events, data }, i) => {
        view(bytes).setUint32(i * EPOLL_EVENT_BYTES, events, true);
        view(bytes).setBigUint64(i * EPOLL_EVENT_BYTES + EPOLL_EVENT_DATA, data, true);
      });
      probe.put(bytes);
      return found.length;
    }
  }
  return task.kernel.clock.monotonicNs() >= until ? 0 : waitFor(epoll.ready, until, "never");
}

export const calls: SystemCall[] = [
  syscall(20, "epoll_create1", [flags("EPOLL_CLOEXEC")], (task, how) => install(task, openEpoll(task), how)),
  syscall(21, "epoll_ctl", [fd, oneOf("EPOLL_CTL_ADD", "EPOLL_CTL_DEL", "EPOLL_CTL_MOD"), slot, pointer], control),
  syscall(22, "epoll_pwait", [fd, pointer, int, int, pointer, size], (task, epoll, at, most, milliseconds, mask, length) =>
    holdMask(task, mask, length) ?? wait(task, epoll, at, most, milliseconds < 0 ? undefined : milliseconds * 1e6)),
  syscall(441, "epoll_pwait2", [fd, pointer, int, timeout, pointer, size], (task, epoll, at, most, timeoutNs, mask, length) =>
    holdMask(task, mask, length) ?? wait(task, epoll, at, most, timeoutNs)),
];
