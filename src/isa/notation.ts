// Meanings as text for people: "rd = sext32(rs1 + rs2)".
import type { BinaryOp, Effect, Expr } from "./meaning.js";

const infix: Partial<Record<BinaryOp, string>> = {
  add: "+", sub: "-", mul: "*", and: "&", or: "|", xor: "^", shl: "<<", shr: ">>>", sar: ">>", eq: "==", ne: "!=", lt: "<", ge: ">=", ltu: "<u", geu: ">=u",
};

function constant(value: bigint): string {
  return value >= -1n && value < 256n ? String(value) : `0x${BigInt.asUintN(64, value).toString(16)}`;
}

/** `inner`: an operand of an operator, so that it needs brackets if it has one itself. */
function text(expr: Expr, inner = false): string {
  const call = (name: string, ...args: Expr[]) => `${name}(${args.map((argument) => text(argument)).join(", ")})`;
  switch (expr.op) {
    case "leaf": return expr.leaf;
    case "const": return constant(expr.value);
    case "binary": {
      const operator = infix[expr.name];
      if (operator === undefined) return call(expr.name, expr.a, expr.b);
      const both = expr.name === "xor" && expr.b.op === "const" && expr.b.value === -1n ? `~${text(expr.a, true)}` : `${text(expr.a, true)} ${operator} ${text(expr.b, true)}`;
      return inner && !both.startsWith("~") ? `(${both})` : both;
    }
    case "unary": return call(expr.name, expr.a);
    case "select": {
      const whole = `${text(expr.condition, true)} ? ${text(expr.a, true)} : ${text(expr.b, true)}`;
      return inner ? `(${whole})` : whole;
    }
    case "float": return call(`f${expr.bits}.${expr.name}`, ...expr.args);
    case "load": return `${expr.signed ? "signed " : ""}memory${expr.bytes * 8}[${text(expr.address)}]`;
    case "atomic": return `atomic${expr.bytes * 8} ${expr.name}(memory[${text(expr.address)}], ${text(expr.value)})`;
    case "loadReserved": return `reserve memory${expr.bytes * 8}[${text(expr.address)}]`;
    case "storeConditional": return `if reserved: memory${expr.bytes * 8}[${text(expr.address)}] = ${text(expr.value)}`;
    case "csr": return `csr, ${expr.how} ${text(expr.value)}`;
    default: return expr satisfies never;
  }
}

function effect(what: Effect): string {
  switch (what.effect) {
    case "rd": case "fd": return `${what.effect} = ${text(what.value)}`;
    case "jump": return `pc = ${text(what.target)}`;
    case "branch": return `if ${text(what.condition)}: pc = ${text(what.target)}`;
    case "store": return `memory${what.bytes * 8}[${text(what.address)}] = ${text(what.value)}`;
    case "system": return what.what;
    case "nothing": return "nothing";
    default: return what satisfies never;
  }
}

/** The effects, which are simultaneous, with semicolons between them. */
export const notation = (meaning: readonly Effect[]): string => meaning.map(effect).join("; ");
