// The Debian packages that the tests judge us by: which are missing, and their installation where this user may install.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** What a test needs, and the packages, newest name first, that bring it. @type {{ needs: string, from: string[] }[]} */
const oracles = [
  { needs: "qemu-riscv64", from: ["qemu-user"] },
  { needs: "qemu-system-riscv64", from: ["qemu-system-riscv", "qemu-system-misc"] },
  { needs: "riscv64-linux-gnu-gcc", from: ["gcc-riscv64-linux-gnu"] },
  { needs: "/usr/riscv64-linux-gnu/include/stdio.h", from: ["libc6-dev-riscv64-cross"] },
  { needs: "mkfs.erofs", from: ["erofs-utils"] },
  { needs: "dtc", from: ["device-tree-compiler"] },
  { needs: "tmux", from: ["tmux"] },
  { needs: "python3", from: ["python3"] },
  { needs: "chromium", from: ["chromium"] },
];

// Debian keeps mkfs.erofs where only root's PATH leads.
const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"];

/** @param {string} needs */
const present = (needs) => (needs.startsWith("/") ? existsSync(needs) : folders.some((folder) => existsSync(path.join(folder, needs))));

/** @param {string} command @param {string[]} args */
const succeeds = (command, args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** @param {string[]} names @returns {string} the first that the configured sources have */
function available(names) {
  const has = (/** @type {string} */ name) => /Candidate: [^(]/.test(spawnSync("apt-cache", ["policy", name], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } }).stdout);
  return names.find(has) ?? names[names.length - 1] ?? "";
}

function isDebian() {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^ID(_LIKE)?=.*debian/m.test(release);
}

/** @returns {string[] | undefined} the words before apt-get, where this user may install at all */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  return succeeds("sudo", ["-n", "true"]) ? ["sudo", "-n"] : undefined;
}

/** @param {string[]} prefix @param {string[]} args @returns {boolean} */
function aptGet(prefix, args) {
  const [command = "", ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q", ...args];
  return spawnSync(command, rest, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
}

const missing = () => oracles.filter(({ needs }) => !present(needs));

/** Installs what is missing where it can be, and says in one line what is missing still. */
export function installOracles() {
  if (missing().length === 0) return;
  const prefix = isDebian() ? asRoot() : undefined;
  if (prefix !== undefined) {
    console.log(`Installing what the tests compare with: ${missing().map(({ needs }) => needs).join(" ")}`);
    aptGet(prefix, ["update"]);
    const install = (/** @type {string[]} */ names) => aptGet(prefix, ["install", "--no-install-recommends", ...names]);
    const names = missing().map(({ from }) => available(from));
    // One package that can't be had must not keep the others away.
    if (!install(names)) for (const name of names) install([name]);
  }
  const still = missing();
  if (still.length === 0) return;
  const names = still.map(({ from }) => (isDebian() ? available(from) : from[0])).join(" ");
  console.log(`Missing, so that tests are skipped: ${still.map(({ needs }) => needs).join(" ")}. On Debian, as root: apt-get install ${names}`);
}
