// Who a program runs as: "user[:group]" looked up in the image's passwd(5) and group(5).

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly home: string;
}

const lines = (text: string): string[][] => text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(":"));

/** A number below 2^32 - 1, which means nobody. */
function number(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value < 0xffffffff ? value : undefined;
}

/** The user, or what is wrong in words. A number needs no entry, as in docker; its group is then 0. */
export function findUser(wanted: string, passwd: string, group: string): User | string {
  const [name, groupName, ...more] = (wanted === "" ? "root" : wanted).split(":");
  if (more.length > 0 || name === "") return `user ${wanted}: write NAME, NAME:GROUP or numbers`;
  const users = lines(passwd);
  const groups = lines(group);
  const entry = users.find(([each]) => each === name) ?? users.find(([, , uid]) => uid === name);
  const uid = number(entry?.[2]) ?? number(name) ?? (name === "root" ? 0 : undefined);
  if (uid === undefined) return `user ${name} is not in the image's /etc/passwd; write a name from there or a number`;
  let gid = number(entry?.[3]) ?? 0;
  if (groupName !== undefined) {
    const found = number(groups.find(([each]) => each === groupName)?.[2]) ?? number(groupName);
    if (found === undefined) return `group ${groupName} is not in the image's /etc/group; write a name from there or a number`;
    gid = found;
  }
  const member = groups.filter(([, , , members]) => members !== undefined && entry !== undefined && members.split(",").includes(entry[0]));
  const supplementary = groupName === undefined ? member.map(([, , id]) => number(id)).filter((id) => id !== undefined) : [];
  return { uid, gid, groups: [...new Set([gid, ...supplementary])], home: entry?.[5] || (uid === 0 ? "/root" : "/") };
}
