// execve(2) and execveat(2).
import { E2BIG, ENAMETOOLONG, ENOENT, type Errno, failed } from "../../abi/errno.js";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.js";
import type { ByteString } from "../bytestring.js";
import { type Returned, syscall } from "../syscall.js";
import { AS_SET } from "../task/as-set.js";
import { execute } from "../task/exec.js";
import type { Task } from "../task/task.js";
import { PATH_MAX, dirfd, flags, path, pointer } from "./arguments.js";

/** No more than three quarters of Linux's default stack (fs/exec.c), whatever the limits say. */
const STRINGS_AT_MOST = 6 << 20;
/** MAX_ARG_STRLEN: one string with its NUL. */
const STRING_MAX = 131072;

/** A NULL-terminated array of strings; NULL itself is an empty one. */
function readStrings(task: Task, at: number): ByteString[] | Errno {
  const strings: ByteString[] = [];
  if (at === 0) return strings;
  let total = 0;
  for (let entry = at; ; entry += 8) {
    const pointer = task.memory.readU64(entry);
    if (pointer === 0) return strings;
    const text = task.memory.readString(pointer, STRING_MAX);
    if (text.length >= STRING_MAX) return E2BIG;
    total += text.length + 9;
    if (total > STRINGS_AT_MOST) return E2BIG;
    strings.push(text);
  }
}

function exec(task: Task, directory: number, file: ByteString, argvAt: number, envpAt: number, how: number): Returned {
  const argv = readStrings(task, argvAt);
  if (failed(argv)) return argv;
  const envp = readStrings(task, envpAt);
  if (failed(envp)) return envp;
  if (file === "" && (how & AT_EMPTY_PATH) === 0) return ENOENT;
  const relative = directory !== AT_FDCWD && !file.startsWith("/");
  const name = relative ? `/dev/fd/${directory}${file === "" ? "" : `/${file}`}` : file;
  if (name.length >= PATH_MAX) return ENAMETOOLONG;
  const result = execute(task, {
    start: directory, path: file, name, envp,
    // As Linux 5.18: a program always finds an argv[0].
    argv: argv.length === 0 ? [""] : argv,
    empty: (how & AT_EMPTY_PATH) !== 0, nofollow: (how & AT_SYMLINK_NOFOLLOW) !== 0,
    unreachable: relative && task.files.descriptor(directory)?.closeOnExec === true,
  });
  return result ?? AS_SET;
}

export const calls = [
  syscall(221, "execve", [path, pointer, pointer], (task, file, argv, envp) => exec(task, AT_FDCWD, file, argv, envp, 0)),
  syscall(281, "execveat", [dirfd, path, pointer, pointer, flags("AT_EMPTY_PATH", "AT_SYMLINK_NOFOLLOW")], exec),
];
