// The files that every root needs and that Debian's maintainer scripts would make: directories, users, names, shell.

import type { ErofsWriter } from "./erofs.js";
import { directory, symlink, type Tree, type TreeNode } from "./tree.js";

const DIRECTORIES: readonly [string, number][] = [
  ["/dev", 0o755], ["/etc", 0o755], ["/home", 0o755], ["/media", 0o755], ["/mnt", 0o755], ["/opt", 0o755], ["/proc", 0o555], ["/root", 0o700],
  ["/run", 0o755], ["/run/lock", 0o1777], ["/srv", 0o755], ["/sys", 0o555], ["/tmp", 0o1777], ["/usr", 0o755], ["/usr/bin", 0o755], ["/usr/lib", 0o755],
  ["/usr/local", 0o755], ["/usr/local/bin", 0o755], ["/usr/local/lib", 0o755], ["/usr/local/sbin", 0o755], ["/usr/sbin", 0o755],
  ["/var", 0o755], ["/var/log", 0o755], ["/var/tmp", 0o1777],
];

/** Debian's merged /usr, and what base-files links. */
const LINKS: readonly [string, string][] = [
  ["/bin", "usr/bin"], ["/lib", "usr/lib"], ["/sbin", "usr/sbin"], ["/etc/mtab", "../proc/self/mounts"], ["/var/lock", "/run/lock"], ["/var/run", "/run"],
];

/** The numbers are those of Debian's package base-passwd. */
const PASSWD = `root:x:0:0:root:/root:SHELL
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
sync:x:4:65534:sync:/bin:/bin/sync
man:x:6:12:man:/var/cache/man:/usr/sbin/nologin
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
backup:x:34:34:backup:/var/backups:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;
const GROUPS = { root: 0, daemon: 1, bin: 2, sys: 3, adm: 4, tty: 5, disk: 6, man: 12, mail: 8, kmem: 15, dialout: 20, sudo: 27, "www-data": 33, backup: 34,
  shadow: 42, utmp: 43, video: 44, staff: 50, games: 60, users: 100, nogroup: 65534 };

const HOSTS = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";
const NSSWITCH = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n";
const OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION="13 (trixie)"\nVERSION_CODENAME=trixie\nID=debian\n';

/** What packages bring as a model for a file that their postinst copies (base-files, base-passwd). */
const COPIES: readonly [string, string][] = [
  ["/usr/share/base-passwd/passwd.master", "/etc/passwd"], ["/usr/share/base-passwd/group.master", "/etc/group"],
  ["/usr/share/base-files/nsswitch.conf", "/etc/nsswitch.conf"], ["/usr/share/base-files/profile", "/etc/profile"],
  ["/usr/share/base-files/dot.profile", "/root/.profile"], ["/usr/share/base-files/dot.bashrc", "/root/.bashrc"],
  ["/usr/share/base-files/motd", "/etc/motd"],
];

/** Before packages unpack: what is in /bin in a package goes to /usr/bin. */
export function beginSkeleton(tree: Tree): void {
  for (const [path, mode] of DIRECTORIES) tree.insert(path, { ...directory(false, mode), implied: false }, "the root");
  for (const [path, target] of LINKS) tree.insert(path, symlink(target), "the root");
}

/** After packages unpacked: what no package brought. */
export async function endSkeleton(tree: Tree, disk: ErofsWriter, mtime: number): Promise<void> {
  giveTime(tree.root, mtime);
  for (const [from, to] of COPIES) {
    const model = tree.resolve(from);
    if (model?.kind === "file" && !tree.at(to)) tree.insert(to, { ...model, mode: 0o644, uid: 0, gid: 0 }, to);
  }
  const shell = tree.resolve("/usr/bin/bash") ? "/bin/bash" : "/bin/sh";
  if (!tree.at("/usr/bin/sh") && tree.at("/usr/bin/bash")) tree.insert("/usr/bin/sh", symlink("bash", mtime), "sh");
  const texts: [string, string][] = [
    ["/etc/passwd", PASSWD.replace("SHELL", shell)],
    ["/etc/group", Object.entries(GROUPS).map(([name, id]) => `${name}:x:${id}:\n`).join("")],
    ["/etc/hosts", HOSTS], ["/etc/hostname", "nestbox\n"], ["/etc/nsswitch.conf", NSSWITCH],
  ];
  if (!tree.at("/usr/lib/os-release") && !tree.at("/etc/os-release")) texts.push(["/etc/os-release", OS_RELEASE]);
  if (tree.resolve("/etc/ld.so.conf.d")) texts.push(["/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n"]);
  for (const [path, text] of texts) await addText(tree, disk, path, text, mtime);
}

/** What was made here has no time of its own. */
function giveTime(node: TreeNode, mtime: number): void {
  node.mtime ||= mtime;
  if (node.kind === "directory") for (const each of node.entries.values()) giveTime(each, mtime);
}

async function addText(tree: Tree, disk: ErofsWriter, path: string, text: string, mtime: number): Promise<void> {
  if (tree.at(path)) return;
  const extent = await disk.addBytes(new TextEncoder().encode(text));
  tree.insert(path, { kind: "file", extent, mode: 0o644, uid: 0, gid: 0, mtime }, path);
}
