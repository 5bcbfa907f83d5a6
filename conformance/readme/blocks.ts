// The examples of README.md, by language.
import { readFileSync } from "node:fs";
import path from "node:path";

const text = readFileSync(path.join(import.meta.dirname, "../../README.md"), "utf8");

/** The contents of every fenced block of that language. */
export const blocks = (language: string): string[] => [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, block]) => block ?? "");

/** Every `nestbox …` that stands in a sentence. */
export const spans = (): string[] => [...text.matchAll(/(?<!`)`(nestbox [^`]+)`(?!`)/g)].map(([, span]) => span ?? "");

/** What "// words" behind the example's calls of console.log says that it prints, one word or value each. */
export const promised = (source: string): string[] => [...source.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, words]) => words ?? "");
