// Help, made from the table of commands.
import { HELP, type Command, type Option } from "./arguments.js";
import { commands } from "./commands.js";

const rows = (lines: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...lines.map(([left]) => left.length)) + 2;
  return lines.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join("\n");
};

function shown({ name, short, value }: Option): string {
  return `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
}

export function helpOf(command: Command): string {
  // -h is the host name in run, as in docker.
  const help = command.options.some(({ short }) => short === "h") ? { ...HELP, short: undefined } : HELP;
  const options = [...command.options, help].map((option) => [shown(option), option.help] as const);
  const parts = [
    `${command.summary}\n`,
    `Usage: nestbox ${command.name} [OPTIONS]${command.program && !command.operands.startsWith("[") ? " [--]" : ""}${command.operands === "" ? "" : ` ${command.operands}`}\n`,
    `Options:\n${rows(options)}\n`,
    `Examples:\n${rows(command.examples)}\n`,
  ];
  return `${parts.join("\n")}${command.notes === undefined ? "" : `\n${command.notes}\n`}`;
}

export function help(): string {
  return [
    "Whole computers inside JavaScript: real Linux programs on emulated hardware.\n",
    "Usage: nestbox COMMAND [OPTIONS]\n",
    `Commands:\n${rows(commands.map(({ name, summary }) => [name, summary] as const))}\n`,
    `Examples:\n${rows(commands.slice(0, 2).flatMap(({ examples }) => examples))}\n`,
    "nestbox COMMAND --help tells more. Images are kept in $NESTBOX_STORE (default: ~/.cache/nestbox).\n",
  ].join("\n");
}
