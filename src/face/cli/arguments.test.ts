// How the command line is read.
import { expect, test } from "vitest";
import { nearest, parse } from "./arguments.js";
import { commands } from "./commands.js";
import { completion } from "./completion.js";
import { helpOf } from "./help.js";
import { parseCpus, parseDuration, parseEnvFile, parseMount, parseSize, parseVariables } from "./values.js";

const command = (name: string) => {
  const found = commands.find((each) => each.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
const run = (...words: string[]) => parse(command("run"), words);

test("options end where the program begins", () => {
  const given = run("-it", "--image", "deb:bash", "bash", "-c", "echo -i");
  expect(given.operands).toEqual(["bash", "-c", "echo -i"]);
  expect([given.has("interactive"), given.has("tty"), given.one("image")]).toEqual([true, true, "deb:bash"]);
});

test("-- ends the options, and a second one belongs to the program", () => {
  expect(run("-i", "--", "grep", "--", "-x").operands).toEqual(["grep", "--", "-x"]);
});

test("values stand in the same word or in the next one", () => {
  const given = run("-eA=1", "-e", "B=2=3", "--env=C=", "-itw/tmp", "x");
  expect(given.all("env")).toEqual(["A=1", "B=2=3", "C="]);
  expect(given.one("workdir")).toBe("/tmp");
});

test("-w=/tmp is as -w /tmp, a value may begin with a dash, and the last of several wins", () => {
  expect(run("-w=/tmp", "x").one("workdir")).toBe("/tmp");
  expect(run("-e", "-A=1", "--env", "--B=2", "x").all("env")).toEqual(["-A=1", "--B=2"]);
  expect(run("-w", "/a", "-w", "/b", "x", "-w", "/c").one("workdir")).toBe("/b");
});

test("-h is the host name in run, and help elsewhere", () => {
  expect(run("-h", "box", "x").one("hostname")).toBe("box");
  expect(parse(command("pull"), ["-h"]).has("help")).toBe(true);
});

test("a lone dash is an operand", () => expect(run("-i", "-", "-x").operands).toEqual(["-", "-x"]));

test.each([
  [["--imgae", "x"], "run has no option --imgae; did you mean --image?"],
  [["-x"], "run has no option -x; see nestbox run --help"],
  [["-w"], "-w needs a value: -w DIR"],
  [["--tty=no", "x"], "--tty takes no value; leave away =no"],
])("%j is answered with its remedy", (words, message) => {
  expect(() => run(...words)).toThrow(message);
});

test("operands may stand between options where no program follows", () => {
  const given = parse(command("pull"), ["deb:a", "-q", "deb:b"]);
  expect(given.operands).toEqual(["deb:a", "deb:b"]);
  expect(given.has("quiet")).toBe(true);
});

test("sizes are docker's", () => {
  expect(["256m", "1g", "1.5G", "65536", "64kb", "10b"].map((size) => parseSize("--memory", size)))
    .toEqual([2 ** 28, 2 ** 30, 1.5 * 2 ** 30, 65536, 65536, 10]);
  expect(() => parseSize("--memory", "much")).toThrow("--memory much is no size; write for example 256m or 1g");
});

test("durations are milliseconds, a bare number counts seconds", () => {
  expect(["10s", "500ms", "2m", "1.5h", "3"].map((text) => parseDuration("--timeout", text))).toEqual([10_000, 500, 120_000, 5_400_000, 3000]);
  expect(() => parseDuration("--timeout", "0")).toThrow("more than 0");
  expect(() => parseDuration("--timeout", "soon")).toThrow("is no duration");
});

test("a variable without a value takes over the outside's, or stays away", () => {
  expect(parseVariables(["A=1", "B", "C", "A=2"], { B: "b" })).toEqual({ A: "2", B: "b" });
  expect(() => parseVariables(["=x"], {})).toThrow("-e =x is no variable; write NAME=value");
});

test("an env file has comments, empty lines, values as they stand and names to take over", () => {
  expect(parseEnvFile("\uFEFF# c\n\nA=a # b\r\n B=\"q\"\nHOME\nNONE\n", "f", { HOME: "/h" })).toEqual({ A: "a # b", B: '"q"', HOME: "/h" });
  expect(() => parseEnvFile("a b=c", "f", {})).toThrow("f: a b=c is no variable");
});

test("mounts", () => {
  expect(parseMount(".:/work")).toEqual({ host: ".", guest: "/work", readOnly: false });
  expect(parseMount("/a:/b:ro")).toEqual({ host: "/a", guest: "/b", readOnly: true });
  for (const wrong of ["/a", "/a:b", ":/a", "/a:/b:rx", "/a:/b:ro:x"]) expect(() => parseMount(wrong)).toThrow(`-v ${wrong}`);
});

test("a share of the processor is at most the one that the board has", () => {
  expect(parseCpus("0.5")).toBe(0.5);
  expect(() => parseCpus("2")).toThrow("--cpus 2 is more than the board has");
  expect(() => parseCpus("none")).toThrow("is no number");
});

test("only what is near is suggested", () => {
  expect(nearest("imags", ["images", "run"])).toBe("images");
  expect(nearest("rnu", ["images", "run"])).toBe("run");
  expect(nearest("alpine", ["images", "run"])).toBeUndefined();
});

test("every option is in its command's help and in every completion", () => {
  for (const each of commands) {
    for (const { name } of each.options) {
      expect(helpOf(each)).toContain(`--${name}`);
      for (const shell of ["bash", "zsh"]) expect(completion(shell)).toContain(`--${name}`);
      expect(completion("fish")).toContain(`-l ${name}`);
    }
  }
});
