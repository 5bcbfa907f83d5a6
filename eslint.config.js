// What lint holds the code to; tools/lint.test.ts plants a violation of each rule of ours.
import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import { importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";
import rooms from "./tools/lint-rooms.js";

const tests = ["**/*.test.ts", "**/testing/**"];
const outside = [...tests, "src/host/**"];

const syntax = [
  {
    selector: "CallExpression[callee.property.name=/^(includes|startsWith|endsWith|match|indexOf)$/][callee.object.property.name='message']",
    message: "An error is recognised by its type or its code, never by its text.",
  },
  {
    selector: "TSAsExpression[expression.type='TSAsExpression']",
    message: "A cast through another type hides a wrong one: narrow the value, or decode it where raw bytes become structures.",
  },
];

const clocks = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "Time comes in through the host's interface." },
];

const authority = ["fetch", "setTimeout", "setInterval", "setImmediate", "queueMicrotask", "performance", "crypto", "WebSocket", "XMLHttpRequest", "EventSource", "Worker", "indexedDB", "localStorage"];
const members = [
  ["Date", "now"], ["Math", "random"], ["process", "hrtime"], ["process", "uptime"], ["Atomics", "waitAsync"], ["crypto", "randomBytes"], ["crypto", "getRandomValues"],
  ...authority.map((name) => ["globalThis", name]),
];

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", ".cache/**", "coverage/**"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.js"],
    plugins: { "import-x": importX, rooms: { rules: { boundary: rooms } } },
    settings: {
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
      "import-x/extensions": [".ts", ".js"],
      "import-x/resolver-next": [createTypeScriptImportResolver({ project: "tsconfig.json", noWarnOnMultipleProjects: true })],
    },
    rules: {
      "max-lines": ["warn", 400],
      "max-lines-per-function": ["warn", 60],
      "no-restricted-syntax": ["error", ...syntax],
      "rooms/boundary": "error",
      "import-x/no-cycle": "error",
      eqeqeq: "error",
    },
  },
  { files: ["**/*.js"], rules: { "no-undef": "off" } },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strict, tseslint.configs.stylistic],
    rules: {
      "@typescript-eslint/consistent-type-assertions": ["error", { assertionStyle: "as", objectLiteralTypeAssertions: "never" }],
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_" }],
      // Devices and emulated processors are loops over bits, and many of them end only from within.
      "no-constant-condition": ["error", { checkLoops: false }],
      "@typescript-eslint/prefer-for-of": "off",
      // Bytes of terminals and of paths are matched as what they are.
      "no-control-regex": "off",
      "@typescript-eslint/no-empty-function": "off",
      // A subclass overrides a getter where a field would be saved with every object.
      "@typescript-eslint/class-literal-property-style": "off",
      // `let at = this` is how one climbs a tree from a node to its root.
      "@typescript-eslint/no-this-alias": "off",
    },
  },
  { files: ["**/*.d.ts"], rules: { "@typescript-eslint/no-extraneous-class": "off" } },
  {
    files: ["src/**/*.ts"],
    ignores: outside,
    rules: {
      "no-restricted-globals": ["error", ...authority.map((name) => ({ name, message: "It comes in through the host's interface." }))],
      "no-restricted-properties": ["error", ...members.map(([object, property]) => ({ object, property, message: "It comes in through the host's interface." }))],
      "no-restricted-syntax": ["error", ...syntax, ...clocks],
    },
  },
  {
    files: tests,
    rules: {
      "max-lines-per-function": "off",
      "no-restricted-imports": ["error", { paths: [{ name: "vitest", importNames: ["vi"], message: "No mocks and no spies: only the host may be fake." }] }],
    },
  },
  {
    // A promise that nobody waits for swallows its error. Only these rooms may wait at all, so only they pay for the types.
    files: ["src/{host/node,container,system,sdk}/**/*.ts", "src/face/{cli,demo}/**/*.ts", "tools/**/*.ts"],
    ignores: ["src/sdk/browser*.ts"],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: { "@typescript-eslint/no-floating-promises": "error", "@typescript-eslint/no-misused-promises": "error" },
  },
);
