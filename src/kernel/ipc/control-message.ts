// Control messages (cmsg(3), Linux net/core/scm.c): descriptors and credentials that travel with a message.
import { EBADF, EINVAL, EPERM, type Errno, failed } from "../../abi/errno.js";
import { CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN } from "../../abi/capability.js";
import { RLIMIT_NOFILE } from "../../abi/resource.js";
import { MSG_CMSG_CLOEXEC, MSG_CTRUNC, SCM_CREDENTIALS, SCM_RIGHTS, SOL_SOCKET } from "../../abi/socket.js";
import { globalOf, numberIn } from "../namespaces/pid.js";
import { capable } from "../task/credentials.js";
import type { Task } from "../task/task.js";
import type { File } from "../vfs/file.js";
import { type Received, type SocketCredentials, discard } from "./socket.js";

/** struct cmsghdr: length, level, type. */
const HEADER = 16;
const SCM_MAX_FD = 253;
const UCRED_BYTES = 12;

const aligned = (n: number): number => Math.ceil(n / 8) * 8;
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export interface Control {
  readonly rights: File[];
  readonly credentials: SocketCredentials | undefined;
}

/** What a sender attaches. EINVAL, EBADF, EPERM. */
export function parseControl(task: Task, bytes: Uint8Array): Control | Errno {
  const rights: File[] = [];
  let credentials: SocketCredentials | undefined;
  const control = view(bytes);
  for (let at = 0; at + HEADER <= bytes.length;) {
    const length = control.getUint32(at, true) + control.getUint32(at + 4, true) * 2 ** 32;
    if (length < HEADER || length > bytes.length - at) return EINVAL;
    const data = bytes.subarray(at + HEADER, at + length);
    at += aligned(length);
    if (control.getInt32(at - aligned(length) + 8, true) !== SOL_SOCKET) continue;
    const type = control.getInt32(at - aligned(length) + 12, true);
    if (type === SCM_RIGHTS) {
      const bad = addRights(task, data, rights);
      if (bad !== undefined) return bad;
    } else if (type === SCM_CREDENTIALS) {
      const claimed = claimedCredentials(task, data);
      if (failed(claimed)) return claimed;
      credentials = claimed;
    } else {
      return EINVAL;
    }
  }
  return { rights, credentials };
}

function addRights(task: Task, data: Uint8Array, rights: File[]): Errno | undefined {
  const count = Math.floor(data.length / 4);
  if (rights.length + count > SCM_MAX_FD) return EINVAL;
  for (let i = 0; i < count; i++) {
    const file = task.files.get(view(data).getInt32(4 * i, true));
    if (failed(file)) return EBADF;
    rights.push(file);
  }
  return undefined;
}

/** One may speak for oneself, the privileged for others (Linux scm_check_creds). */
function claimedCredentials(task: Task, data: Uint8Array): SocketCredentials | Errno {
  if (data.length !== UCRED_BYTES) return EINVAL;
  const number = view(data).getInt32(0, true);
  const uid = view(data).getUint32(4, true);
  const gid = view(data).getUint32(8, true);
  const { credentials: own } = task;
  const pid = globalOf(task.namespaces.pid, number);
  const allowed = (pid === task.process.pid || capable(task, CAP_SYS_ADMIN))
    && (uid === own.uid || uid === own.euid || uid === own.suid || capable(task, CAP_SETUID))
    && (gid === own.gid || gid === own.egid || gid === own.sgid || capable(task, CAP_SETGID));
  return allowed ? { pid, uid, gid } : EPERM;
}

/** The control messages for a receiver with `room` bytes, and MSG_CTRUNC if they do not fit. Files are installed or dropped. */
export function formControl(task: Task, received: Received, passCredentials: boolean, flags: number, room: number): { bytes: Uint8Array; flags: number } {
  const bytes = new Uint8Array(room);
  let used = 0;
  let told = 0;
  if (passCredentials) {
    const { pid, uid, gid } = received.credentials ?? { pid: 0, uid: 65534, gid: 65534 };
    const data = new Uint8Array(new Int32Array([numberIn(task.namespaces.pid, pid), uid, gid]).buffer);
    const fits = room < HEADER ? 0 : Math.min(HEADER + data.length, room);
    if (fits < HEADER + data.length) told = MSG_CTRUNC;
    if (fits > 0) {
      header(bytes, 0, fits, SCM_CREDENTIALS);
      bytes.set(data.subarray(0, fits - HEADER), HEADER);
      used = Math.min(aligned(HEADER + data.length), room);
    }
  }
  if (received.rights.length > 0) {
    const fds = installRights(task, received.rights, Math.max(0, Math.floor((room - used - HEADER) / 4)), (flags & MSG_CMSG_CLOEXEC) !== 0);
    if (fds.length < received.rights.length) told |= MSG_CTRUNC;
    if (fds.length > 0) {
      header(bytes, used, HEADER + 4 * fds.length, SCM_RIGHTS);
      fds.forEach((fd, i) => view(bytes).setInt32(used + HEADER + 4 * i, fd, true));
      used = Math.min(used + aligned(HEADER + 4 * fds.length), room);
    }
  }
  return { bytes: bytes.subarray(0, used), flags: told };
}

function header(bytes: Uint8Array, at: number, length: number, type: number): void {
  view(bytes).setUint32(at, length, true);
  view(bytes).setInt32(at + 8, SOL_SOCKET, true);
  view(bytes).setInt32(at + 12, type, true);
}

function installRights(task: Task, files: readonly File[], most: number, closeOnExec: boolean): number[] {
  const fds: number[] = [];
  let full = false;
  for (const file of files) {
    const fd = full || fds.length === most ? undefined : task.files.install(file, closeOnExec, task.process.limit(RLIMIT_NOFILE));
    if (fd === undefined || failed(fd)) full = true;
    else fds.push(fd);
    discard(undefined, file);
  }
  return fds;
}
