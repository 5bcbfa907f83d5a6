// `nestbox pull`, `images` and `rmi`.
import { clock, shownBytes } from "../../sdk/here.js";
import { listImages, pull, removeImage, type Image } from "../../sdk/images.js";
import type { Given } from "./arguments.js";
import { Failure } from "./failure.js";
import { tellPull } from "./progress.js";
import { print, printJson, say } from "./say.js";

const told = ({ ref, digest, size, created, packages }: Image): object => ({ ref, digest, sizeBytes: size, created, packages: packages.map(({ name, version }) => ({ name, version })) });

export async function pullCommand(given: Given): Promise<number> {
  if (given.operands.length === 0) throw new Failure("pull needs an image, for example: nestbox pull deb:bash,coreutils");
  const pulled: Image[] = [];
  for (const ref of given.operands) {
    const teller = given.has("quiet") ? undefined : tellPull(ref);
    try {
      pulled.push(await pull(ref, teller?.onProgress ?? (() => undefined)));
    } finally {
      teller?.done();
    }
    const image = pulled[pulled.length - 1];
    if (!given.has("quiet")) say(`${image.ref} is here: ${image.packages.length} packages, ${shownBytes(image.size)}`);
  }
  if (given.has("json")) printJson(pulled.map(told));
  return 0;
}

/** "3 days ago". */
function age(created: string, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - Date.parse(created)) / 1000);
  const [count, unit] = ([[86400, "day"], [3600, "hour"], [60, "minute"]] as const).map(([length, name]) => [Math.floor(seconds / length), name] as const)
    .find(([many]) => many > 0) ?? [0, ""];
  return count === 0 ? "just now" : `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column])).join("   ").trimEnd()}\n`).join("");
}

export async function imagesCommand(given: Given): Promise<number> {
  const images = await listImages();
  if (given.has("json")) {
    printJson(images.map(told));
    return 0;
  }
  if (images.length === 0) say("no images are here yet; nestbox run and nestbox pull fetch them");
  const now = clock.realtimeMs();
  const rows = images.map(({ ref, digest, size, created, packages }) => [ref, digest.slice(0, 12), String(packages.length), shownBytes(size), age(created, now)]);
  print(table([["IMAGE", "DIGEST", "PACKAGES", "SIZE", "CREATED"], ...rows]));
  return 0;
}

export async function rmiCommand(given: Given): Promise<number> {
  if (given.operands.length === 0) throw new Failure("rmi needs an image; nestbox images lists them");
  for (const ref of given.operands) {
    if (!(await removeImage(ref))) throw new Failure(`there is no image ${ref} here; nestbox images lists them`);
    print(`${ref}\n`);
  }
  return 0;
}
