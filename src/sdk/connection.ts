// The using program's side of the protocol: calls with answers, and what the machine tells of its own accord.
import type { HostWorker } from "../host/interface.js";
import { NestboxError } from "./errors.js";
import type { Call, FromMachine, ToMachine } from "./protocol.js";

type Told = Exclude<FromMachine, { answer: number }>;

export class Connection {
  private readonly worker: HostWorker;
  private readonly told: (message: Told) => void;
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  private nextCall = 1;
  private brokenBy: NestboxError | undefined;

  constructor(worker: HostWorker, told: (message: Told) => void) {
    this.worker = worker;
    this.told = told;
    worker.listen((message) => this.receive(message as FromMachine), (error) => this.break(new NestboxError("ERR_MACHINE", `the machine's thread ended: ${error.message}`)));
  }

  /** `check` narrows the answer, which crossed a thread as plain data. */
  async call<T = undefined>(what: Call, transfer?: ArrayBuffer[]): Promise<T> {
    if (this.brokenBy !== undefined) throw this.brokenBy;
    const call = this.nextCall++;
    const answer = new Promise<unknown>((resolve, reject) => this.waiting.set(call, { resolve, reject }));
    this.post({ call, what }, transfer);
    return answer as Promise<T>;
  }

  post(message: ToMachine, transfer?: ArrayBuffer[]): void {
    if (this.brokenBy === undefined) this.worker.post(message, transfer);
  }

  /** Nothing is answered from now on; what waits is rejected. */
  break(error: NestboxError): void {
    if (this.brokenBy !== undefined) return;
    this.brokenBy = error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
    this.told({ tell: "broken", message: error.message });
  }

  get broken(): NestboxError | undefined {
    return this.brokenBy;
  }

  private receive(message: FromMachine): void {
    if (!("answer" in message)) {
      if (message.tell === "broken") return this.break(new NestboxError("ERR_MACHINE", message.message));
      return this.told(message);
    }
    const waiting = this.waiting.get(message.answer);
    this.waiting.delete(message.answer);
    if ("error" in message) {
      const { code, message: text, errno, path } = message.error;
      waiting?.reject(new NestboxError(code, text, errno === undefined || path === undefined ? undefined : { errno, path }));
    } else {
      waiting?.resolve(message.value);
    }
  }
}
