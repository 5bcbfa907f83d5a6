// The person's terminal while a program inside has it: every key goes there, and the terminal is left as it was.
import { spawnSync } from "node:child_process";

/** In the input flags, as `stty -g` prints them on Linux. */
const IUTF8 = 0o40000;

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** Of whichever of the outputs is a terminal: `nestbox run -it … | tee log` has one still. */
export function terminalSize(): TerminalSize {
  const output = [process.stdout, process.stderr].find((stream) => stream.isTTY);
  const [columns, rows] = output?.getWindowSize() ?? [0, 0];
  return { rows: rows || 24, columns: columns || 80 };
}

/** Standard input as a terminal that is in raw mode from `takeOver` to `giveBack`, or to the end of the process, however it ends. */
export class PersonsTerminal {
  /** Whether characters of more than one byte are erased as a whole; a terminal inside does as this one. */
  utf8 = false;
  private taken = false;
  private readonly leave = (): void => this.giveBack();
  private readonly again = (): void => this.resumed();

  takeOver(): void {
    process.stdin.setRawMode(true);
    this.taken = true;
    this.utf8 = withoutOutputProcessing();
    process.on("exit", this.leave).on("SIGCONT", this.again);
  }

  giveBack(): void {
    if (!this.taken) return;
    this.taken = false;
    process.off("exit", this.leave).off("SIGCONT", this.again);
    lineMode();
  }

  /** A shell that had the terminal while this process was stopped has set modes of its own. */
  private resumed(): void {
    lineMode();
    process.stdin.setRawMode(true);
    withoutOutputProcessing();
  }
}

function lineMode(): void {
  try {
    process.stdin.setRawMode(false);
  } catch {
    // The terminal is gone.
  }
}

/** Node's raw mode still makes \r\n of \n on output, which the terminal inside does already. Where stty is missing, it stays so. */
function withoutOutputProcessing(): boolean {
  const { stdout } = spawnSync("sh", ["-c", "stty -g; stty -opost"], { stdio: ["inherit", "pipe", "ignore"], encoding: "latin1" });
  const flags = /^([0-9a-f]+):/.exec(stdout ?? "")?.[1];
  return flags !== undefined && (parseInt(flags, 16) & IUTF8) !== 0;
}
