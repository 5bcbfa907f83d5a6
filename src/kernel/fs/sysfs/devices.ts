// Character devices as sysfs shows them: a directory in /sys/devices, links from /sys/class and /sys/dev.
import { makedev } from "../../../abi/stat.js";
import type { ByteString } from "../../bytestring.js";
import { type DirectoryRow, type LinkRow, type Row, directory, file, link } from "../pseudo/row.js";

interface Shown {
  readonly subsystem: "mem" | "tty";
  readonly name: ByteString;
  readonly major: number;
  readonly minor: number;
  readonly mode: number;
}

const device = (subsystem: Shown["subsystem"], name: ByteString, major: number, minor: number, mode = 0o600): Shown => ({ subsystem, name, major, minor, mode });

const shown: readonly Shown[] = [
  device("mem", "null", 1, 3, 0o666), device("mem", "zero", 1, 5, 0o666), device("mem", "full", 1, 7, 0o666), device("mem", "random", 1, 8, 0o666),
  device("mem", "urandom", 1, 9, 0o666), device("mem", "kmsg", 1, 11, 0o644), device("tty", "ttyS0", 4, 64), device("tty", "tty", 5, 0, 0o666),
  device("tty", "console", 5, 1), device("tty", "ptmx", 5, 2, 0o666),
];

function deviceDirectory({ subsystem, name, major, minor, mode }: Shown): DirectoryRow<undefined> {
  const devMode = mode === 0o600 ? "" : `DEVMODE=0${mode.toString(8)}\n`;
  return directory<undefined>(name, [
    file("dev", () => `${major}:${minor}\n`),
    file("uevent", () => `MAJOR=${major}\nMINOR=${minor}\nDEVNAME=${name}\n${devMode}`),
    directory("power", []),
    link("subsystem", () => `../../../../class/${subsystem}`),
  ]);
}

const of = (subsystem: Shown["subsystem"]): Shown[] => shown.filter((each) => each.subsystem === subsystem);
const kinds = ["mem", "tty"] as const;

/** /sys/devices/virtual/{mem,tty}. */
export const virtualRows: readonly Row<undefined>[] = kinds.map((kind) => directory<undefined>(kind, of(kind).map(deviceDirectory)));

const linkTo = (name: ByteString, up: ByteString, { subsystem, name: target }: Shown): LinkRow<undefined> => link(name, () => `${up}/devices/virtual/${subsystem}/${target}`);

/** /sys/class/{mem,tty}. */
export const classRows: readonly Row<undefined>[] = kinds.map((kind) => directory<undefined>(kind, of(kind).map((each) => linkTo(each.name, "../..", each))));

/** /sys/dev/char, in the order of device numbers. */
export const characterLinks: readonly Row<undefined>[] = [...shown].sort((a, b) => makedev(a.major, a.minor) - makedev(b.major, b.minor))
  .map((each) => linkTo(`${each.major}:${each.minor}`, "../..", each));
