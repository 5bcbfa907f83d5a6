// What option values mean: sizes, durations, variables, mounts.
import { Failure } from "./failure.js";

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** "256m", "1.5g", "65536": bytes, as docker counts them. */
export function parseSize(option: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([bkmg]?)b?$/i.exec(text) ?? [];
  if (number === undefined) throw new Failure(`${option} ${text} is no size; write for example 256m or 1g`);
  return Math.floor(Number(number) * UNITS[unit.toLowerCase() || "b"]);
}

const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** "10s", "500ms", "2m", "1.5h", "10" (seconds, as timeout(1)): milliseconds. */
export function parseDuration(option: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  if (number === undefined) throw new Failure(`${option} ${text} is no duration; write for example 10s or 500ms`);
  const ms = Number(number) * DURATIONS[unit ?? "s"];
  if (ms <= 0) throw new Failure(`${option} must be more than 0; leave it away for no limit`);
  return ms;
}

export function parseCount(option: string, text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1) throw new Failure(`${option} ${text} is no number of at least 1`);
  return count;
}

/** The processor time that the machine may have: of one processor. */
export function parseCpus(text: string): number {
  const cpus = Number(text);
  if (!(cpus >= 0.01)) throw new Failure(`--cpus ${text} is no number of at least 0.01; write for example 0.5`);
  if (cpus > 1) throw new Failure(`--cpus ${text} is more than the board has: it has 1 processor in this version`);
  return cpus;
}

export type Variables = Record<string, string>;
type Outside = Readonly<Record<string, string | undefined>>;

/** "NAME=value", or "NAME" for the value that it has outside; not set there, it is not set inside. */
function variable(into: Variables, text: string, outside: Outside, origin: string): void {
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  if (name === "" || /\s/.test(name)) throw new Failure(`${origin} ${text} is no variable; write NAME=value`);
  const value = at < 0 ? outside[name] : text.slice(at + 1);
  if (value !== undefined) into[name] = value;
}

/** A file of lines as docker's --env-file: no quoting, # at a line's beginning is a comment. */
export function parseEnvFile(text: string, file: string, outside: Outside): Variables {
  const variables: Variables = {};
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const trimmed = line.trimStart();
    if (trimmed !== "" && !trimmed.startsWith("#")) variable(variables, trimmed, outside, `${file}:`);
  }
  return variables;
}

export function parseVariables(given: readonly string[], outside: Outside): Variables {
  const variables: Variables = {};
  for (const text of given) variable(variables, text, outside, "-e");
  return variables;
}

export interface MountValue {
  host: string;
  guest: string;
  readOnly: boolean;
}

/** "HOST:GUEST[:ro|rw]". */
export function parseMount(text: string): MountValue {
  const parts = text.split(":");
  const [host, guest, mode] = parts;
  if (parts.length < 2 || parts.length > 3 || host === "" || guest === "") throw new Failure(`-v ${text} is no mount; write HOST:GUEST or HOST:GUEST:ro`);
  if (!guest.startsWith("/")) throw new Failure(`-v ${text}: the guest's path must be absolute, for example ${host}:/${guest}`);
  if (mode !== undefined && mode !== "ro" && mode !== "rw") throw new Failure(`-v ${text}: ${mode} is neither ro nor rw`);
  return { host, guest, readOnly: mode === "ro" };
}
