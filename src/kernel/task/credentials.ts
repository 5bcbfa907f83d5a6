// Who a task acts as (credentials(7), capabilities(7)): never changed, replaced as a whole.
import { CAP_LAST_CAP } from "../../abi/capability.js";
import { savable } from "../save.js";
import type { UserNamespace } from "../namespaces/namespaces.js";
import type { Task } from "./task.js";

/** All capabilities there are, as a set: bit n is capability n. */
export const ALL_CAPABILITIES = (1n << BigInt(CAP_LAST_CAP + 1)) - 1n;

export const capabilityBit = (capability: number): bigint => 1n << BigInt(capability);

export interface CredentialFields {
  readonly uid: number;
  readonly euid: number;
  readonly suid: number;
  readonly fsuid: number;
  readonly gid: number;
  readonly egid: number;
  readonly sgid: number;
  readonly fsgid: number;
  /** Supplementary groups, ascending. */
  readonly groups: readonly number[];
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
  /** SECBIT_*. */
  readonly securebits: number;
  readonly noNewPrivs: boolean;
}

export class Credentials implements CredentialFields {
  readonly uid: number = 0;
  readonly euid: number = 0;
  readonly suid: number = 0;
  readonly fsuid: number = 0;
  readonly gid: number = 0;
  readonly egid: number = 0;
  readonly sgid: number = 0;
  readonly fsgid: number = 0;
  readonly groups: readonly number[] = [];
  readonly effective: bigint = ALL_CAPABILITIES;
  readonly permitted: bigint = ALL_CAPABILITIES;
  readonly inheritable: bigint = 0n;
  readonly bounding: bigint = ALL_CAPABILITIES;
  readonly ambient: bigint = 0n;
  readonly securebits: number = 0;
  readonly noNewPrivs: boolean = false;

  /** Without fields: root with all capabilities. */
  constructor(fields: Partial<CredentialFields> = {}) {
    Object.assign(this, fields);
  }

  with(change: Partial<CredentialFields>): Credentials {
    return new Credentials({ ...this, ...change });
  }

  /** Whether file access by group applies: the file system gid or a supplementary group. */
  inGroup(gid: number): boolean {
    return this.fsgid === gid || this.groups.includes(gid);
  }

  has(capability: number): boolean {
    return (this.effective & capabilityBit(capability)) !== 0n;
  }

  /** An ordinary user: ids as given, no capabilities. Root keeps them all. */
  static of(uid: number, gid: number, groups: readonly number[] = []): Credentials {
    const ids = { uid, euid: uid, suid: uid, fsuid: uid, gid, egid: gid, sgid: gid, fsgid: gid, groups: [...groups].sort((a, b) => a - b) };
    return new Credentials(uid === 0 ? ids : { ...ids, effective: 0n, permitted: 0n });
  }
}

/**
 * Whether the task may use a capability over what `target` owns (Linux: ns_capable): its user namespace is the target or
 * an outer one of it, or it owns an inner one. Without a target: over the task's own user namespace.
 */
export function capable(task: Task, capability: number, target: UserNamespace = task.namespaces.user): boolean {
  const own = task.namespaces.user;
  for (let at: UserNamespace | undefined = target; at !== undefined; at = at.parent) {
    if (at === own) return task.credentials.has(capability);
    if (at.parent === own && at.ownerUid === task.credentials.euid) return true;
  }
  return false;
}

savable(Credentials);
