// The boxes around a process, from the real hardware inwards, as data that a face draws or prints.

/** What a box is: hardware, something that runs on it, or a process. */
export type BoxKind = "hardware" | "operating system" | "engine" | "board" | "device" | "kernel" | "process";

export interface Box {
  readonly kind: BoxKind;
  readonly name: string;
  /** Made by software rather than by a factory. */
  readonly emulated: boolean;
  /** In words and numbers read from the running thing, in the order to show them. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly inner: readonly Box[];
}

export function box(kind: BoxKind, name: string, facts: readonly (readonly [string, string | number | undefined])[], inner: readonly Box[] = [], emulated = false): Box {
  const known = facts.flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)] as const]));
  return { kind, name, emulated, facts: known, inner };
}

/** "1.5 GiB". */
export function shownBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}
