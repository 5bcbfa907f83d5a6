// Names of unix sockets (unix(7)): in the file system, abstract in the network namespace, or none.
import { EADDRINUSE, EAFNOSUPPORT, ECONNREFUSED, EEXIST, EINVAL, EPROTOTYPE, type Errno, failed } from "../../abi/errno.js";
import { AT_FDCWD } from "../../abi/fcntl.js";
import { AF_UNIX, UNIX_PATH_MAX } from "../../abi/socket.js";
import { S_IFSOCK, S_ISSOCK } from "../../abi/stat.js";
import { type ByteString, fromBytes, toBytes } from "../bytestring.js";
import type { Task } from "../task/task.js";
import type { Inode } from "../vfs/inode.js";
import { fillPlace, isPlainName, lookup, place } from "../vfs/lookup.js";
import { mayCreate } from "../vfs/open.js";
import { MAY_WRITE, newOwner, pathPermission } from "../vfs/permission.js";
import type { UnixSocket } from "./unix-socket.js";

/** sun_path of a struct sockaddr_un: "" for unnamed, "\0name" for abstract, else a path without its NUL. */
export function parseName(address: Uint8Array): ByteString | Errno {
  if (address.length < 2 || address.length > 2 + UNIX_PATH_MAX) return EINVAL;
  if ((address[0] | (address[1] << 8)) !== AF_UNIX) return address.length === 2 ? EINVAL : EAFNOSUPPORT;
  const name = fromBytes(address.subarray(2));
  if (name === "" || name.charCodeAt(0) === 0) return name;
  const end = name.indexOf("\0");
  return end < 0 ? name : name.slice(0, end);
}

export function addressOf(name: ByteString | undefined): Uint8Array {
  if (name === undefined) return Uint8Array.of(AF_UNIX, 0);
  return Uint8Array.of(AF_UNIX, 0, ...toBytes(name.charCodeAt(0) === 0 ? name : `${name}\0`));
}

/** Abstract names are each type's own: a stream and a datagram socket may have the same. */
export const abstractKey = (type: number, name: ByteString): ByteString => String.fromCharCode(type) + name;

/** Makes the name and ties the socket to it; returns the inode that stands for a path. */
export function tie(task: Task, socket: UnixSocket, name: ByteString): Inode | Errno | undefined {
  if (name === "") return autobind(task, socket);
  if (name.charCodeAt(0) === 0) {
    const { abstractSockets } = task.namespaces.net;
    const key = abstractKey(socket.type, name);
    if (abstractSockets.has(key)) return EADDRINUSE;
    abstractSockets.set(key, socket);
    return undefined;
  }
  const where = place(task, AT_FDCWD, name);
  if (failed(where)) return where === EEXIST ? EADDRINUSE : where;
  if (where.existing !== undefined || !isPlainName(where.name)) return EADDRINUSE;
  const refused = mayCreate(task, where.parent);
  if (refused !== undefined) return refused;
  const { mode, owner } = newOwner(task, where.parent.inode, S_IFSOCK | 0o777);
  const inode = where.parent.inode.create(task, where.name, mode, owner, 0);
  if (failed(inode)) return inode === EEXIST ? EADDRINUSE : inode;
  fillPlace(where.parent, where.name, inode);
  inode.real.attached = socket;
  return inode.real;
}

/** A free abstract name of five hexadecimal digits. */
export function autobind(task: Task, socket: UnixSocket): Errno | undefined {
  const { abstractSockets } = task.namespaces.net;
  for (let number = task.kernel.nextNumber("inode") & 0xfffff, tries = 0; tries < 0x100000; number = (number + 1) & 0xfffff, tries++) {
    const name = `\0${number.toString(16).padStart(5, "0")}`;
    const key = abstractKey(socket.type, name);
    if (abstractSockets.has(key)) continue;
    abstractSockets.set(key, socket);
    socket.boundName = name;
    return undefined;
  }
  return EADDRINUSE;
}

/** What stands behind a name, as an object that the caller knows to be a socket. ECONNREFUSED, EPROTOTYPE, EACCES, ENOENT. */
export function find(task: Task, name: ByteString, type: number, isSocket: (object: object | undefined) => object is UnixSocket): UnixSocket | Errno {
  let found: object | undefined;
  if (name === "") return ECONNREFUSED;
  if (name.charCodeAt(0) === 0) {
    found = task.namespaces.net.abstractSockets.get(abstractKey(type, name));
  } else {
    const path = lookup(task, AT_FDCWD, name);
    if (failed(path)) return path;
    const denied = pathPermission(task.credentials, path, MAY_WRITE);
    if (denied !== undefined) return denied;
    if (!S_ISSOCK(path.inode.mode)) return ECONNREFUSED;
    found = path.inode.real.attached;
  }
  if (!isSocket(found)) return ECONNREFUSED;
  return found.type === type ? found : EPROTOTYPE;
}
