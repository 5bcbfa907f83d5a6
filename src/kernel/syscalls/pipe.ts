// pipe2(2).
import { O_CLOEXEC } from "../../abi/fcntl.js";
import { installPair } from "../ipc/install.js";
import { openPipe } from "../ipc/pipe.js";
import { syscall, type SystemCall } from "../syscall.js";
import { flags, pointer } from "./arguments.js";

export const calls: SystemCall[] = [
  syscall(59, "pipe2", [pointer, flags("O_CLOEXEC", "O_DIRECT", "O_NONBLOCK")],
    (task, at, how) => installPair(task, openPipe(task, how & ~O_CLOEXEC), how, at)),
];
