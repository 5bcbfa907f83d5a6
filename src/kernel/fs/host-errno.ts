// The host tells of failures by the names of Linux's errors.
import * as errors from "../../abi/errno.js";
import type { HostFailure } from "../../host/interface.js";

const byName: ReadonlyMap<string, unknown> = new Map(Object.entries(errors));

export const isFailure = (x: unknown): x is HostFailure => typeof x === "object" && x !== null && "failure" in x;

export function errnoOf({ failure }: HostFailure): errors.Errno {
  const errno = byName.get(failure);
  return errno instanceof errors.Errno ? errno : errors.EIO;
}
