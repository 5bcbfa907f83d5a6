// struct new_utsname, what uname(2) tells: six strings of 65 bytes.

export const UTSNAME_FIELD_BYTES = 65;
export const UTSNAME_BYTES = 6 * UTSNAME_FIELD_BYTES;

/** The longest host or domain name that sethostname(2) takes. */
export const HOST_NAME_MAX = 64;

export type Utsname = { sysname: string; nodename: string; release: string; version: string; machine: string; domainname: string };

/** Names are ASCII; what is longer than a field is cut off. */
export function encodeUtsname(view: DataView, at: number, name: Utsname): void {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, UTSNAME_BYTES).fill(0);
  [name.sysname, name.nodename, name.release, name.version, name.machine, name.domainname].forEach((text, field) => {
    for (let i = 0; i < Math.min(text.length, UTSNAME_FIELD_BYTES - 1); i++) bytes[field * UTSNAME_FIELD_BYTES + i] = text.charCodeAt(i);
  });
}
