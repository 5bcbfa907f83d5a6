// siginfo_t, what a handler and waitid(2) learn of a signal (asm-generic/siginfo.h).

import { i64, u64 } from "./bytes.js";

export const SIGINFO_BYTES = 128;

/** The fields by what sent the signal: a process, a child, a fault, a timer, a descriptor, seccomp. 64-bit values may be any bits. */
export type Siginfo = { signo: number; code: number; errno?: number } & (
  | { kind: "none" }
  | { kind: "kill"; pid: number; uid: number }
  | { kind: "queued"; pid: number; uid: number; value: bigint }
  | { kind: "child"; pid: number; uid: number; status: number; utimeTicks: number; stimeTicks: number }
  | { kind: "fault"; addr: number }
  | { kind: "timer"; timerId: number; overrun: number; value: bigint }
  | { kind: "poll"; band: number; fd: number }
  | { kind: "syscall"; callAddr: number; syscall: number; arch: number }
);

export function encodeSiginfo(view: DataView, at: number, info: Siginfo): void {
  new Uint8Array(view.buffer, view.byteOffset + at, SIGINFO_BYTES).fill(0);
  view.setInt32(at, info.signo, true);
  view.setInt32(at + 4, info.errno ?? 0, true);
  view.setInt32(at + 8, info.code, true);
  encodeFields(view, at + 16, info);
}

function encodeFields(view: DataView, at: number, info: Siginfo): void {
  const pair = (first: number, second: number): void => {
    view.setInt32(at, first, true);
    view.setInt32(at + 4, second, true);
  };
  switch (info.kind) {
    case "none":
      return;
    case "kill":
      return pair(info.pid, info.uid);
    case "queued":
      pair(info.pid, info.uid);
      return view.setBigUint64(at + 8, info.value, true);
    case "child":
      pair(info.pid, info.uid);
      view.setInt32(at + 8, info.status, true);
      i64(view, at + 16, info.utimeTicks);
      return i64(view, at + 24, info.stimeTicks);
    case "fault":
      return u64(view, at, info.addr);
    case "timer":
      pair(info.timerId, info.overrun);
      return view.setBigUint64(at + 8, info.value, true);
    case "poll":
      i64(view, at, info.band);
      return view.setInt32(at + 8, info.fd, true);
    case "syscall":
      u64(view, at, info.callAddr);
      view.setInt32(at + 8, info.syscall, true);
      return view.setUint32(at + 12, info.arch, true);
    default:
      return info satisfies never;
  }
}
