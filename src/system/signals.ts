// Signals by name and number, for faces that know no ABI.
import * as abi from "../abi/signal.js";

const numbers = new Map<string, number>(Object.entries(abi).filter(([name, value]) => /^SIG[A-Z0-9]+$/.test(name) && typeof value === "number" && value > 0)
  .map(([name, value]) => [name, Number(value)]));
const names = new Map<number, string>();
for (const [name, number] of numbers) if (number <= 31 && !names.has(number)) names.set(number, name);

/** "SIGTERM" to 15; undefined for what is no signal. */
export const signalNumber = (name: string): number | undefined => numbers.get(name);

/** 9 to "SIGKILL", 34 to "SIGRTMIN+2". */
export function signalName(number: number): string {
  return names.get(number) ?? (number === abi.SIGRTMIN ? "SIGRTMIN" : `SIGRTMIN+${number - abi.SIGRTMIN}`);
}
