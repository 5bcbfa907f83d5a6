// Completion scripts for bash, zsh and fish, made from the table of commands.
import type { Command, Option } from "./arguments.js";
import { commands } from "./commands.js";
import { Failure } from "./failure.js";

const IMAGES = "nestbox images --json 2>/dev/null | sed -n 's/^ *\"ref\": \"\\(.*\\)\",*$/\\1/p'";

const words = (option: Option): string[] => [`--${option.name}`, ...(option.short === undefined ? [] : [`-${option.short}`])];

function bashValues(complete: Option["complete"] | Command["complete"]): string {
  if (complete === "file") return 'compgen -f -- "$word"';
  if (complete === "directory") return 'compgen -d -- "$word"';
  if (complete === "image") return `compgen -W "$(${IMAGES})" -- "$word"`;
  return `compgen -W '${(complete ?? []).join(" ")}' -- "$word"`;
}

function bash(): string {
  const cases = commands.map((command) => {
    const values = command.options.filter(({ value }) => value !== undefined)
      .map((option) => `        ${words(option).join("|")}) COMPREPLY=($(${bashValues(option.complete)})); return ;;`);
    return [
      `    ${command.name})`, "      case $before in", ...values, "      esac",
      `      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W '${[...command.options.flatMap(words), "--help"].join(" ")}' -- "$word"))`,
      `      else COMPREPLY=($(${bashValues(command.complete)})); fi ;;`,
    ].join("\n");
  });
  return [
    "_nestbox() {", '  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}',
    `  if ((COMP_CWORD == 1)); then COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(" ")} --help --version' -- "$word")); return; fi`,
    "  case ${COMP_WORDS[1]} in", ...cases, "  esac", "}", "complete -F _nestbox nestbox", "",
  ].join("\n");
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const zshText = (text: string): string => text.replaceAll(/[[\]:]/g, "\\$&");

function zshValues(complete: Option["complete"] | Command["complete"]): string {
  if (complete === "file") return "_files";
  if (complete === "directory") return "_files -/";
  if (complete === "image") return "_nestbox_images";
  return complete === undefined ? " " : `(${complete.join(" ")})`;
}

function zsh(): string {
  const cases = commands.map((command) => {
    const specs = command.options.map((option) => {
      const names = words(option);
      const tail = `${zshText(`[${option.help}]`).replace(/^\\\[/, "[").replace(/\\\]$/, "]")}${option.value === undefined ? "" : `:${zshText(option.value)}:${zshValues(option.complete)}`}`;
      const spec = names.length > 1 ? `{${names.join(",")}}${quoted(tail)}` : quoted(`${names[0]}${tail}`);
      return option.many ? `'*'${spec}` : spec;
    });
    return `    ${command.name}) _arguments ${[...specs, quoted(`*:operand:${zshValues(command.complete)}`)].join(" ")} ;;`;
  });
  return [
    "#compdef nestbox", "_nestbox_images() {", `  local -a refs; refs=(\${(f)"$(${IMAGES})"}); compadd -a refs`, "}", "_nestbox() {",
    "  if ((CURRENT == 2)); then", "    local -a commands=(", ...commands.map(({ name, summary }) => `      ${quoted(`${name}:${summary}`)}`), "    )",
    "    _describe command commands; return", "  fi", "  local command=$words[2]; shift words; ((CURRENT--))", "  case $command in", ...cases, "  esac", "}",
    "compdef _nestbox nestbox", "",
  ].join("\n");
}

function fish(): string {
  const lines = commands.flatMap((command) => {
    const on = `complete -c nestbox -n '__fish_seen_subcommand_from ${command.name}'`;
    const values = (complete: Option["complete"] | Command["complete"]): string => {
      if (complete === "file") return " -F";
      if (complete === "directory") return " -a '(__fish_complete_directories)'";
      if (complete === "image") return ` -a "(${IMAGES.replaceAll('"', '\\"').replaceAll("$", "\\$")})"`;
      return complete === undefined ? "" : ` -a '${complete.join(" ")}'`;
    };
    const options = command.options.map((option) =>
      `${on} -l ${option.name}${option.short === undefined ? "" : ` -s ${option.short}`}${option.value === undefined ? "" : ` -x${values(option.complete)}`} -d ${quoted(option.help)}`);
    return [
      `complete -c nestbox -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.summary)}`, ...options,
      ...(command.complete === undefined ? [] : [`${on}${values(command.complete)}`]),
    ];
  });
  return ["complete -c nestbox -f", ...lines, ""].join("\n");
}

export function completion(shell: string | undefined): string {
  switch (shell) {
    case "bash": return bash();
    case "zsh": return zsh();
    case "fish": return fish();
    default: throw new Failure("completion needs one of bash, zsh and fish, for example: source <(nestbox completion bash)");
  }
}
