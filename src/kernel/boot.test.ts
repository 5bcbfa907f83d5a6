// Programs compiled from C on the real hart and kernel: starting, ending, what they are given.
import { expect, test } from "vitest";
import { compile, TestMachine } from "./testing/machine.js";

test("a static program writes, and ends with its status", () => {
  const machine = TestMachine.fresh();
  machine.write("/bin/hello", compile(`
    #include <stdio.h>
    int main(int argc, char **argv) { for (int i = 1; i < argc; i++) printf("%s ", argv[i]); puts("done"); return 7; }`));
  expect(machine.run("/bin/hello", "a", "b")).toEqual({ status: 7 << 8, out: "a b done\n" });
});
