// What a program needs before it is executed: where its file is, its variables, and why it can't be run in words.
import { EACCES, ENOENT, ENOEXEC, ENOMEM, ETXTBSY, type Errno, failed } from "../abi/errno.js";
import { AT_FDCWD } from "../abi/fcntl.js";
import { S_ISDIR, S_ISREG } from "../abi/stat.js";
import { type ByteString, encodeUtf8 } from "../kernel/bytestring.js";
import type { Task } from "../kernel/task/task.js";
import { lookup } from "../kernel/vfs/lookup.js";
import type { SystemFiles } from "./system.js";
import { StartError } from "./system.js";

/** What docker sets where an image says nothing. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The image's variables, then those that every program has, then the given ones. */
export function environment(image: Readonly<Record<string, string>>, given: Readonly<Record<string, string>>, home: string, hostname: string): Record<string, string> {
  return { PATH: DEFAULT_PATH, HOSTNAME: hostname, HOME: home, ...image, ...given };
}

/** "NAME=value" in bytes. Throws StartError for what no program could read. */
export function environmentBlock(file: string, variables: Readonly<Record<string, string>>): ByteString[] {
  return Object.entries(variables).map(([name, value]) => {
    if (name === "" || name.includes("=") || name.includes("\0") || value.includes("\0")) throw new StartError("bad-option", file, `${JSON.stringify(name)} can't be a variable`);
    return encodeUtf8(`${name}=${value}`);
  });
}

/** The path of the program's file. A name without a slash is looked for in PATH as execvp(3) does. Throws StartError. */
export function findProgram(task: Task, file: string, path: string, imageName: string, cwd: string): ByteString {
  if (file === "" || file.includes("\0")) throw new StartError("not-found", file, `${JSON.stringify(file)} is no name of a program`);
  const name = encodeUtf8(file);
  if (file.includes("/")) {
    check(task, file, absolute(name, cwd), imageName);
    return name;
  }
  let refused: StartError | undefined;
  for (const directory of path.split(":")) {
    const candidate = `${encodeUtf8(directory === "" ? "." : directory)}/${name}`;
    try {
      check(task, file, absolute(candidate, cwd), imageName);
      return candidate;
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      if (error.reason === "not-executable") refused ??= error;
    }
  }
  throw refused ?? new StartError("not-found", file, `${file} is no program in the image ${imageName}`);
}

const absolute = (path: ByteString, cwd: string): ByteString => (path.startsWith("/") ? path : `${encodeUtf8(cwd)}/${path}`);

/** Throws StartError where a regular file that somebody may execute is not there. */
function check(task: Task, file: string, path: ByteString, imageName: string): void {
  const found = lookup(task, AT_FDCWD, path);
  if (failed(found)) {
    if (found === EACCES) throw new StartError("not-executable", file, `${file} can't be executed: a directory on the way to it is closed`);
    throw new StartError("not-found", file, `${file} is not in the image ${imageName}`);
  }
  const { mode } = found.inode;
  if (S_ISDIR(mode)) throw new StartError("not-executable", file, `${file} is a directory and can't be executed`);
  if (!S_ISREG(mode) || (mode & 0o111) === 0) throw new StartError("not-executable", file, `${file} is not executable; chmod +x makes it so`);
}

/** e_machine of the processors whose programs are most often tried (elf(5)). */
const machines: Readonly<Record<number, string>> = { 3: "i386", 40: "arm", 62: "x86-64", 183: "arm64", 8: "mips", 21: "ppc64", 22: "s390x" };

/** Why execve(2) refused, in words. */
export function refusal(error: Errno, files: SystemFiles, file: string, path: string): StartError {
  if (error === ENOEXEC) return new StartError("not-executable", file, `${file} can't be executed: ${format(files, path)}`);
  if (error === ENOENT) return new StartError("not-found", file, `${file} is there, but its interpreter (the loader, or what its #! line names) is not in the image`);
  if (error === EACCES) return new StartError("not-executable", file, `${file} can't be executed: permission denied`);
  if (error === ENOMEM) return new StartError("not-executable", file, `${file} can't be executed: not enough memory; --memory gives more`);
  if (error === ETXTBSY) return new StartError("not-executable", file, `${file} can't be executed: it is open for writing`);
  return new StartError("not-executable", file, `${file} can't be executed: ${error.name}`);
}

function format(files: SystemFiles, path: string): string {
  let head: Uint8Array;
  try {
    head = files.read(path).subarray(0, 20);
  } catch {
    return "it can't be read";
  }
  if (head.length < 20 || head[0] !== 0x7f || head[1] !== 0x45) return "it is neither a program (ELF) nor a script with a #! line";
  const machine = head[18] | (head[19] << 8);
  const known = machines[machine];
  return known === undefined ? "it is damaged, or no program for riscv64" : `it is a program for ${known}, and this system is riscv64`;
}

