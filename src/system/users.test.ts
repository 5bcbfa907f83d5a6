// How --user is understood.
import { expect, test } from "vitest";
import { findUser } from "./users.js";

const passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\nann:x:1000:1000::/home/ann:/bin/sh\n";
const group = "root:x:0:\naudio:x:29:ann,bob\nann:x:1000:\n";

test.each([
  ["", { uid: 0, gid: 0, groups: [0], home: "/root" }],
  ["ann", { uid: 1000, gid: 1000, groups: [1000, 29], home: "/home/ann" }],
  ["1000", { uid: 1000, gid: 1000, groups: [1000, 29], home: "/home/ann" }],
  ["ann:audio", { uid: 1000, gid: 29, groups: [29], home: "/home/ann" }],
  ["4711", { uid: 4711, gid: 0, groups: [0], home: "/" }],
  ["4711:12", { uid: 4711, gid: 12, groups: [12], home: "/" }],
])("%j", (wanted, user) => {
  expect(findUser(wanted, passwd, group)).toEqual(user);
});

test.each([
  ["bob", "user bob is not in the image's /etc/passwd; write a name from there or a number"],
  ["ann:x", "group x is not in the image's /etc/group; write a name from there or a number"],
  ["a:b:c", "user a:b:c: write NAME, NAME:GROUP or numbers"],
  ["99999999999", "user 99999999999 is not in the image's /etc/passwd; write a name from there or a number"],
])("%j is refused", (wanted, why) => {
  expect(findUser(wanted, passwd, group)).toBe(why);
});

test("an image without a passwd file has root", () => {
  expect(findUser("root", "", "")).toEqual({ uid: 0, gid: 0, groups: [0], home: "/root" });
});
