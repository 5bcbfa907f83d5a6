// Options of the command line as options of a machine and a program.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { MachineOptions } from "../../sdk/here.js";
import type { Given } from "./arguments.js";
import { Failure } from "./failure.js";
import { parseCount, parseCpus, parseDuration, parseEnvFile, parseMount, parseSize, parseVariables, type Variables } from "./values.js";

const optional = <T>(text: string | undefined, read: (text: string) => T): T | undefined => (text === undefined ? undefined : read(text));

/** The machine's part. What the SDK refuses it refuses with its own words. */
export function machineOptions(given: Given): MachineOptions {
  return {
    in: given.one("in"),
    kernel: given.one("kernel"),
    image: given.one("image"),
    memory: optional(given.one("memory"), (text) => parseSize("--memory", text)),
    cpus: optional(given.one("cpus"), parseCpus),
    pidsLimit: optional(given.one("pids-limit"), (text) => parseCount("--pids-limit", text)),
    hostname: given.one("hostname"),
    readOnly: given.has("read-only"),
    mounts: given.all("volume").map((text) => {
      const mount = parseMount(text);
      return { ...mount, host: path.resolve(mount.host) };
    }),
  };
}

function readEnvFile(file: string): Variables {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Failure(`--env-file ${file} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parseEnvFile(text, file, process.env);
}

/** Variables given by name win over those of files, as in docker. */
export function variables(given: Given): Variables {
  const files = given.all("env-file").map(readEnvFile);
  return Object.assign({}, ...files, parseVariables(given.all("env"), process.env)) as Variables;
}

export interface ProgramSettings {
  readonly workdir: string | undefined;
  readonly user: string | undefined;
  readonly timeoutMs: number | undefined;
}

export function programSettings(given: Given): ProgramSettings {
  const workdir = given.one("workdir");
  if (workdir !== undefined && !workdir.startsWith("/")) throw new Failure(`-w ${workdir}: the working directory must be an absolute path, for example /${workdir}`);
  return { workdir, user: given.one("user"), timeoutMs: optional(given.one("timeout"), (text) => parseDuration("--timeout", text)) };
}
