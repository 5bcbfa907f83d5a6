// Standard streams of a program: pipes or a terminal inside, and the pumps that join them to the outside.
import { failed } from "../abi/errno.js";
import { AT_FDCWD, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from "../abi/fcntl.js";
import { IUTF8 } from "../abi/termios.js";
import type { Devpts } from "../kernel/fs/devpts.js";
import { openPipe } from "../kernel/ipc/pipe.js";
import type { ControllingTerminal } from "../kernel/task/process-group.js";
import type { Task } from "../kernel/task/task.js";
import { PtyMaster } from "../kernel/tty/pty.js";
import type { File } from "../kernel/vfs/file.js";
import { open } from "../kernel/vfs/open.js";
import { Wait } from "../kernel/wait.js";
import { InputPump, OutputPump, type Pump } from "./pumps.js";
import type { PipeStreams, TerminalStreams } from "./system.js";

export interface OpenStreams {
  /** Descriptors 0, 1 and 2. */
  readonly files: readonly [File, File, File];
  readonly terminal: ControllingTerminal | undefined;
  readonly pumps: readonly Pump[];
  readonly outputs: readonly OutputPump[];
  resize(rows: number, columns: number): void;
  hangUp(): void;
  /** The program has ended. */
  ended(): void;
  /** Resolves when all that was moved out is delivered or never will be. */
  flushed(): Promise<unknown>;
}

function mustOpen(task: Task, path: string, flags: number): File {
  const file = open(task, AT_FDCWD, path, flags, 0);
  if (failed(file)) throw new Error(`${path} can't be opened inside: ${file.name}`);
  if (file instanceof Wait) throw new Error(`${path} can't be opened at once`);
  return file;
}

/** Outputs that are one and the same outside are one pipe inside, so that what goes to both keeps its order. */
export function openPipes(task: Task, { input, output, error }: PipeStreams): OpenStreams {
  const pumps: Pump[] = [];
  const outputs: OutputPump[] = [];
  const outgoing = (to: PipeStreams["output"]): File => {
    if (to === undefined) return mustOpen(task, "/dev/null", O_WRONLY);
    const [reader, writer] = openPipe(task, 0);
    reader.flags |= O_NONBLOCK;
    outputs.push(new OutputPump(task, reader, to, () => reader.pipe.bytes.length));
    return writer;
  };
  const stdout = outgoing(output);
  const stderr = error !== undefined && error === output ? stdout : outgoing(error);
  let incoming: InputPump | undefined;
  let stdin: File;
  if (input === undefined) {
    stdin = mustOpen(task, "/dev/null", O_RDONLY);
  } else {
    const [reader, writer] = openPipe(task, 0);
    writer.flags |= O_NONBLOCK;
    incoming = new InputPump(task, writer, input);
    pumps.push(incoming);
    stdin = reader;
  }
  return {
    files: [stdin, stdout, stderr], terminal: undefined, pumps: [...pumps, ...outputs], outputs, resize: () => undefined, hangUp: () => undefined,
    ended: () => incoming?.close(),
    flushed: () => Promise.all([output?.flushed(), error?.flushed()]),
  };
}

/** A new pseudo-terminal of that user's. */
export function openTerminal(task: Task, devpts: Devpts, uid: number, streams: TerminalStreams): OpenStreams {
  const slave = devpts.add(task);
  if (failed(slave)) throw new Error(`no terminal is free inside: ${slave.name}`);
  const node = devpts.terminals.get(slave.index);
  if (node !== undefined) node.uid = uid;
  const master = new PtyMaster(slave, devpts, devpts.ptmx, O_RDWR | O_NONBLOCK);
  slave.locked = false;
  if (streams.utf8) slave.termios.iflag |= IUTF8;
  const size = (rows: number, columns: number): void => slave.setWinsize({ rows, columns, xpixel: 0, ypixel: 0 });
  size(streams.rows, streams.columns);
  const output = new OutputPump(task, master, streams.output, () => slave.buffer.length);
  const input = streams.input === undefined ? undefined : new InputPump(task, master, streams.input);
  const file = mustOpen(task, `/dev/pts/${slave.index}`, O_RDWR);
  return {
    files: [file, file, file], terminal: slave, pumps: input === undefined ? [output] : [input, output], outputs: [output], resize: size,
    hangUp() {
      input?.close();
      output.close();
    },
    ended: () => input?.close(),
    flushed: () => streams.output.flushed(),
  };
}
