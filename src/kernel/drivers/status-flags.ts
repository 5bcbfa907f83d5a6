// What of open(2)'s flags a device's file keeps: those that F_GETFL shows.
import { O_CLOEXEC, O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC } from "../../abi/fcntl.js";

export const statusFlags = (flags: number): number => flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
