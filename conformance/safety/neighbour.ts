// A machine with a neighbour in it: a process that answers as long as the machine is well, and a reader of the kernel's log.
import { boot, type Machine, type MachineOptions, type RunProgramOptions, type RunResult } from "../../src/sdk/index.js";

/** The neighbour may be kept waiting for so long by others' load before it counts as harmed. */
const PATIENCE_MS = 30_000;

const decoder = new TextDecoder("latin1");

function within<T>(what: Promise<T>, ms: number, otherwise: string): Promise<T> {
  let cancel: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (cancel = setTimeout(() => reject(new Error(otherwise)), ms)));
  return Promise.race([what, late]).finally(() => clearTimeout(cancel));
}

export class Neighbourhood {
  readonly machine: Machine;
  private readonly ask: WritableStreamDefaultWriter<Uint8Array | string>;
  private readonly answer: ReadableStreamDefaultReader<Uint8Array>;
  private asked = 0;
  /** The kernel's log since the machine was made. */
  log = "";

  private constructor(machine: Machine, ask: WritableStreamDefaultWriter<Uint8Array | string>, answer: ReadableStreamDefaultReader<Uint8Array>) {
    this.machine = machine;
    this.ask = ask;
    this.answer = answer;
  }

  static async boot(options: MachineOptions = {}): Promise<Neighbourhood> {
    const machine = await boot(options);
    const cat = await machine.spawn("cat");
    const reader = await machine.spawn("cat", ["/dev/kmsg"]);
    const made = new Neighbourhood(machine, cat.stdin.getWriter(), cat.stdout.getReader());
    void made.listen(reader.stdout).catch(() => undefined);
    await made.alive();
    return made;
  }

  private async listen(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const bytes of stream) this.log += decoder.decode(bytes);
  }

  /** Rejects where the neighbour does not answer. */
  async alive(): Promise<void> {
    const question = `are you well? ${++this.asked}\n`;
    let heard = "";
    const exchange = async (): Promise<void> => {
      await this.ask.write(question);
      while (!heard.endsWith(question)) {
        const { value, done } = await this.answer.read();
        if (done) throw new Error("the neighbour ended");
        heard += decoder.decode(value);
      }
    };
    await within(exchange(), PATIENCE_MS, `the neighbour has not answered for ${PATIENCE_MS / 1000} s`);
  }

  /** Where the kernel itself failed, as its log tells. */
  get bugs(): string[] {
    return this.log.split("\n").filter((line) => line.includes(";BUG:") || line.includes("; at "));
  }

  /** A program beside the neighbour, who answers afterwards. */
  async run(program: string, args: readonly string[] = [], options: RunProgramOptions = {}): Promise<RunResult> {
    const result = await this.machine.run(program, args, options);
    await this.alive();
    return result;
  }

  stop(): Promise<void> {
    return this.machine.stop();
  }
}
