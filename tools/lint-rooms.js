// The lint rule behind the room boundaries: each import, export-from, `import()` and import type is held against tools/rooms.js.
import { isBuiltin } from "node:module";
import path from "node:path";
import { isTest, roomOf, within } from "./rooms.js";

/** @import { Rule } from "eslint" */

/** @param {string} from @param {string} specifier @returns {string} the path of the source file that is meant, from the project's root */
function target(from, specifier) {
  return path.posix.join(path.posix.dirname(from), specifier).replace(/\.js$/, from.endsWith(".js") ? ".js" : ".ts");
}

/** @param {string} specifier @returns {string} */
const packageName = (specifier) => specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");

/**
 * @param {string} from @param {string} specifier @param {boolean} typeOnly
 * @returns {string | undefined} what is wrong with the import, if anything is
 */
export function objection(from, specifier, typeOnly) {
  if (isTest(from)) return undefined;
  const room = roomOf(from);
  if (room === undefined) return from.startsWith("src/") ? `${from} is in no room: add its folder to tools/rooms.js` : undefined;
  if (isBuiltin(specifier)) {
    const name = specifier.startsWith("node:") ? specifier : `node:${specifier}`;
    const allowed = room.builtins ?? [];
    return allowed.includes(name) || allowed.includes("node:*") ? undefined : `${room.at} must not import ${name}`;
  }
  if (!specifier.startsWith(".")) {
    const allowed = room.packages ?? [];
    return allowed.includes(packageName(specifier)) || allowed.includes("*") ? undefined : `${room.at} must not import the package ${specifier}`;
  }
  const to = target(from, specifier);
  if (isTest(to)) return `${to} is for tests only`;
  if (roomOf(to) === room || room.imports.some((at) => within(to, at))) return undefined;
  if (room.types?.some((at) => within(to, at))) return typeOnly ? undefined : `${room.at} may import types only from ${to}`;
  return `${room.at} must not import ${to}`;
}

/** @param {any} node @returns {boolean} */
function isTypeOnly(node) {
  if (node.importKind === "type" || node.exportKind === "type") return true;
  const names = node.specifiers ?? [];
  return names.length > 0 && names.every((/** @type {any} */ name) => name.importKind === "type" || name.exportKind === "type");
}

/** @type {Rule.RuleModule} */
export default {
  meta: { type: "problem", schema: [], messages: { boundary: "{{ why }}" } },
  create(context) {
    const from = path.relative(context.cwd, context.filename).split(path.sep).join("/");
    /** @param {any} node @param {any} source @param {boolean} typeOnly */
    const check = (node, source, typeOnly) => {
      if (typeof source?.value !== "string") return;
      const why = objection(from, source.value, typeOnly);
      if (why !== undefined) context.report({ node, messageId: "boundary", data: { why } });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source, isTypeOnly(node)),
      ExportNamedDeclaration: (node) => check(node, node.source, isTypeOnly(node)),
      ExportAllDeclaration: (node) => check(node, node.source, isTypeOnly(node)),
      ImportExpression: (node) => check(node, node.source, false),
      TSImportType: (/** @type {any} */ node) => check(node, node.source ?? node.argument?.literal, true),
    };
  },
};
