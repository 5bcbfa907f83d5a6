// All commands with their options: the one table that parsing, help and completion read.
import type { Command, Option } from "./arguments.js";

const image: Option = { name: "image", value: "REF", help: "Image to run in (default: deb:busybox-static).", complete: "image" };
const json: Option = { name: "json", help: "Print JSON, for programs." };

export const commands: readonly Command[] = [
  {
    name: "run",
    summary: "Run a program.",
    operands: "PROGRAM [ARG…]",
    program: true,
    options: [
      { name: "in", value: "PATH", help: "The systems around the program, from the outside in (default: bare-metal).", complete: ["bare-metal"] },
      { name: "kernel", value: "KERNEL", help: "The kernel of the machine: nestbox (the default here).", complete: ["nestbox"] },
      image,
      { name: "interactive", short: "i", help: "Give it this standard input; without, it has none." },
      { name: "tty", short: "t", help: "Give it a terminal." },
      { name: "env", short: "e", value: "NAME=VALUE", many: true, help: "Set a variable; NAME alone takes over its value from here." },
      { name: "env-file", value: "FILE", many: true, help: "Set the variables of a file with one NAME=VALUE a line.", complete: "file" },
      { name: "workdir", short: "w", value: "DIR", help: "Working directory." },
      { name: "volume", short: "v", value: "HOST:GUEST[:ro]", many: true, help: "Show a directory of this computer inside.", complete: "directory" },
      { name: "user", short: "u", value: "USER[:GROUP]", help: "User to run as: a name of the image's /etc/passwd or a number." },
      { name: "hostname", short: "h", value: "NAME", help: "Host name inside (default: nestbox)." },
      { name: "memory", short: "m", value: "SIZE", help: "Memory of the board, for example 256m; 1 GiB where it is not given." },
      { name: "cpus", value: "N", help: "Share of a processor, for example 0.5." },
      { name: "pids-limit", value: "N", help: "How many tasks there may be at once." },
      { name: "timeout", value: "DURATION", help: "Kill it after so long, for example 10s; the status is then 124." },
      { name: "read-only", help: "Refuse changes to the root file system." },
    ],
    examples: [
      ["nestbox run -- uname -a", "one program of the default image"],
      ["nestbox run -it -- sh", "a shell on a terminal"],
      ["printf 'b\\na\\n' | nestbox run -i -- sort", "a program in a pipe"],
      ["nestbox run --image deb:python3 -v .:/work -w /work -- python3 script.py", "a Debian package by its name, on files of this computer"],
    ],
    notes: "Exit status: the program's; 128+N if signal N killed it; 124 timed out, 125 nestbox failed, 126 not executable, 127 not found.",
  },
  {
    name: "pull",
    summary: "Fetch an image.",
    operands: "REF…",
    options: [{ name: "quiet", short: "q", help: "Tell nothing but errors." }, json],
    examples: [["nestbox pull deb:bash,coreutils,grep", "Debian packages and what they depend on, as one image"]],
    complete: "image",
  },
  { name: "images", summary: "List the images that are here.", operands: "", options: [json], examples: [["nestbox images", "a table"]] },
  {
    name: "rmi", summary: "Remove images.", operands: "REF…", options: [], complete: "image",
    examples: [["nestbox rmi deb:python3", "and whatever no other image needs"]],
  },
  {
    name: "layers",
    summary: "Show the boxes around a process, from the real hardware inwards.",
    operands: "[-- PROGRAM [ARG…]]",
    program: true,
    options: [{ name: "in", value: "PATH", help: "The systems, from the outside in (default: bare-metal).", complete: ["bare-metal"] }, image, json],
    examples: [["nestbox layers", "read from a machine that was just started"]],
  },
  { name: "doctor", summary: "Check what this computer offers.", operands: "", options: [json], examples: [["nestbox doctor", "each check with its remedy"]] },
  {
    name: "completion", summary: "Print a completion script for a shell.", operands: "bash|zsh|fish", options: [], complete: ["bash", "zsh", "fish"],
    examples: [["source <(nestbox completion bash)", "in ~/.bashrc"]],
  },
];
