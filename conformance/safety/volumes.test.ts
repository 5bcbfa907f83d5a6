// Directories of the host that are shown inside: whatever stands or moves in them, nothing leads out and nothing hangs.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Neighbourhood } from "./neighbour.js";

const SECRET = "what nobody inside may read";

let outside: string;
let shared: string;
let near: Neighbourhood;

beforeAll(async () => {
  outside = mkdtempSync(join(tmpdir(), "nestbox-volumes-"));
  shared = join(outside, "shared");
  mkdirSync(join(shared, "dir"), { recursive: true });
  writeFileSync(join(outside, "secret"), SECRET);
  mkdirSync(join(outside, "elsewhere"));
  writeFileSync(join(outside, "elsewhere/file"), SECRET);
  writeFileSync(join(shared, "file"), "inside\n");
  writeFileSync(join(shared, "dir/file"), "inside\n");
  near = await Neighbourhood.boot({ mounts: [{ host: shared, guest: "/mnt" }, { host: shared, guest: "/ro", readOnly: true }] });
}, 120_000);
afterAll(async () => {
  await near.stop();
  rmSync(outside, { recursive: true, force: true });
});

const sh = (script: string) => near.run("sh", ["-c", script], { timeoutMs: 20_000 });

test("files are read and written, and :ro refuses every change", async () => {
  expect(await sh("cat /mnt/file; echo new > /mnt/new; mkdir /mnt/made; mv /mnt/new /mnt/made/renamed; ln /mnt/file /mnt/hard; rm /mnt/hard")).toMatchObject({ stdout: "inside\n", stderr: "", code: 0 });
  expect(readFileSync(join(shared, "made/renamed"), "utf8")).toBe("new\n");
  for (const change of ["echo x > /ro/file", "echo x > /ro/new", "mkdir /ro/d", "rm /ro/file", "mv /ro/file /ro/g", "ln -s a /ro/l", "chmod 777 /ro/file", "touch /ro/file", "rmdir /ro/dir", "ln /ro/file /ro/h", "mkfifo /ro/p"]) {
    const { stderr, code } = await sh(change);
    expect([change, stderr, code !== 0]).toEqual([change, expect.stringContaining("Read-only file system"), true]);
  }
  expect(readFileSync(join(shared, "file"), "utf8")).toBe("inside\n");
});

test("no link and no path leads out, however it is written", async () => {
  const links: Record<string, string> = {
    relative: "../secret", absolute: join(outside, "secret"), up: "..", chain: "relative", far: "../../../../../../../../../../../../../../../../../../etc/hostname", through: "dir/../../secret",
    proc: `/proc/${process.pid}/root${outside}/secret`, fd: "/proc/self/fd/3", folder: join(outside, "elsewhere"), loop: "loop",
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(shared, name));
  const tries = [...Object.keys(links), "up/secret", "folder/file", "../secret", "dir/../../secret", "up/up/up/secret", "./up/elsewhere/file", "dir/../folder/file"];
  const { stdout } = await sh(`cd /mnt; for path in ${tries.join(" ")}; do cat "$path"; cat "/mnt/$path/file"; ls "$path/"; done 2>/dev/null; cd up; cat secret; cat elsewhere/file; pwd`);
  expect(stdout).not.toContain(SECRET);
  // And nothing is made out there.
  await sh("cd /mnt; echo x > relative; echo x > up/new; echo x > folder/new; mkdir folder/made; mv file up/moved; ln -s x folder/link; rm folder/file; rm -rf folder/; chmod 0 folder/file relative; ln relative stolen; cp relative copied");
  expect([existsSync(join(outside, "new")), existsSync(join(outside, "elsewhere/new")), existsSync(join(outside, "elsewhere/made"))]).toEqual([false, false, false]);
  expect([readFileSync(join(outside, "secret"), "utf8"), readFileSync(join(outside, "elsewhere/file"), "utf8")]).toEqual([SECRET, SECRET]);
  expect((await sh("cat /mnt/stolen /mnt/copied")).stdout).not.toContain(SECRET);
});

test("FIFOs, sockets and devices are seen and refused, and nobody waits for them", async () => {
  execFileSync("mkfifo", [join(shared, "fifo")]);
  const server = createServer().listen(join(shared, "socket"));
  symlinkSync("fifo", join(shared, "to-fifo"));
  const { stdout, timedOut } = await sh("cd /mnt; ls fifo socket; for what in fifo socket to-fifo; do cat $what; echo x > $what; echo x >> $what; dd if=$what of=/dev/null; done 2>/dev/null; mknod /mnt/null c 1 3 2>/dev/null || echo no");
  expect([stdout, timedOut]).toEqual(["fifo\nsocket\nno\n", false]);
  server.close();
});

test("a directory that becomes a link to elsewhere and back, all the time, never shows what is there", async () => {
  mkdirSync(join(shared, "swapped"));
  writeFileSync(join(shared, "swapped/file"), "inside\n");
  const swapper = spawn(process.execPath, ["-e", `
    const fs = require("node:fs"), [, at, to] = process.argv;
    for (;;) { try { fs.renameSync(at, at + ".kept"); fs.symlinkSync(to, at); fs.unlinkSync(at); fs.renameSync(at + ".kept", at); } catch {} }
  `, join(shared, "swapped"), join(outside, "elsewhere")], { stdio: "ignore" });
  try {
    const { stdout, timedOut } = await sh("cd /mnt; i=0; while [ $i -lt 400 ]; do read line < swapped/file && echo $line; echo x 2>/dev/null > swapped/new; ls swapped; i=$((i+1)); done 2>/dev/null");
    expect(timedOut).toBe(false);
    expect(stdout).not.toContain(SECRET);
    expect(stdout).toContain("inside");
  } finally {
    swapper.kill("SIGKILL");
  }
  expect(existsSync(join(outside, "elsewhere/new"))).toBe(false);
});

test("names of any bytes go in and out", async () => {
  const odd = Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x20, 0x27, 0x22, 0x5c, 0x01]);
  writeFileSync(Buffer.concat([Buffer.from(`${shared}/`), odd]), "odd\n");
  const { stdout } = await sh(`cd /mnt; cat "$(printf 'a\\n\\377\\376 \\047\\042\\134\\001')"; echo made > "$(printf 'b\\n\\303')"`);
  expect(stdout).toBe("odd\n");
  expect(readFileSync(Buffer.concat([Buffer.from(`${shared}/b\n`), Buffer.from([0xc3])]), "utf8")).toBe("made\n");
});

test("a huge directory is listed, and a program that opens and opens gets an error in the end", async () => {
  mkdirSync(join(shared, "many"));
  for (let i = 0; i < 5000; i++) writeFileSync(join(shared, `many/${i}`), "");
  expect((await sh("ls /mnt/many | wc -l")).stdout).toBe("5000\n");
  const { stdout, timedOut } = await near.run("sh", ["-c", "ulimit -n 100000; i=10; while [ $i -lt 3000 ]; do eval \"exec $i< /mnt/many/$i\" || break; i=$((i+1)); done 2>/dev/null; echo $i"], { timeoutMs: 20_000 });
  expect([timedOut, stdout.length < 6]).toEqual([false, true]);
});

// Root may read everything, so only an ordinary user's run can tell.
if (process.getuid?.() !== 0) {
  test("what the host's user may not read is refused inside", async () => {
    writeFileSync(join(shared, "closed"), SECRET);
    chmodSync(join(shared, "closed"), 0);
    expect((await sh("cat /mnt/closed")).stderr).toContain("Permission denied");
  });
}
