// `npm test`: all that must hold before a change goes in, each step told as it ends, and one line with the sum.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { installOracles } from "./oracles.js";

const root = path.join(import.meta.dirname, "..");
const report = path.join(root, `.cache/vitest-${process.pid}.json`);
const bin = (/** @type {string} */ name) => path.join(root, "node_modules/.bin", name);
const sum = { passed: 0, failed: 0, skipped: 0 };

/**
 * @param {string} command @param {string[]} args @param {{ quiet: boolean }} how with `quiet` the output waits until the step has failed
 * @returns {Promise<boolean>} whether it exited with 0
 */
function succeeds(command, args, how) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", how.quiet ? "pipe" : "inherit", how.quiet ? "pipe" : "inherit"] });
    /** @type {Buffer[]} */
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (/** @type {Buffer} */ chunk) => output.push(chunk));
    child.on("error", (error) => { output.push(Buffer.from(`${error}\n`)); });
    child.on("close", (code) => {
      if (code !== 0) process.stdout.write(Buffer.concat(output));
      resolve(code === 0);
    });
  });
}

/** @param {string} name @param {string} command @param {string[]} args */
async function step(name, command, args) {
  const begun = Date.now();
  const good = await succeeds(command, args, { quiet: true });
  sum[good ? "passed" : "failed"] += 1;
  console.log(`${good ? "passed" : "FAILED"}: ${name} (${((Date.now() - begun) / 1000).toFixed(0)} s)`);
}

/** @typedef {{ status: string, fullName: string }} Assertion */
/** @typedef {{ name: string, status: string, message: string, startTime: number, endTime: number, assertionResults: Assertion[] }} TestFile */

const SLOWEST = 8;

/** Which files took the time, slowest first. @param {TestFile[]} files */
function tellSlowest(files) {
  const seconds = files.map(({ name, startTime, endTime }) => ({ name: path.relative(root, name), took: (endTime - startTime) / 1000 })).sort((a, b) => b.took - a.took);
  console.log(`slowest: ${seconds.slice(0, SLOWEST).map(({ name, took }) => `${name} ${took.toFixed(0)} s`).join(", ")}`);
}

/** Adds what vitest reported. A file that could not even be loaded counts as one failed test. @param {boolean} good whether vitest ended well */
function count(good) {
  /** @type {TestFile[]} */
  const files = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")).testResults : [];
  const failedBefore = sum.failed;
  if (files.length > 1) tellSlowest(files);
  for (const file of files) {
    for (const { status, fullName } of file.assertionResults) {
      if (status === "passed") sum.passed += 1;
      else if (status === "failed") sum.failed += 1;
      else {
        sum.skipped += 1;
        console.log(`skipped: ${path.relative(root, file.name)}: ${fullName}`);
      }
    }
    if (file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed")) sum.failed += 1;
  }
  // An error outside of every test, or a vitest that could not start.
  if (!good && sum.failed === failedBefore) sum.failed += 1;
}

/** @param {string[]} filters paths of tests to run; none runs all */
async function runTests(filters) {
  mkdirSync(path.dirname(report), { recursive: true });
  const good = await succeeds(bin("vitest"), ["run", ...filters, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`], { quiet: false });
  count(good);
  rmSync(report, { force: true });
}

installOracles();
// The machine has few processors: these two share them.
await Promise.all([step("types", process.execPath, ["tools/check-types.js"]), step("lint", bin("eslint"), [".", "--quiet"])]);
await step("build", process.execPath, ["tools/build.js"]);
if (existsSync(path.join(root, "tools/docs.ts"))) await step("generated documents are up to date", bin("tsx"), ["tools/docs.ts", "--check"]);
await runTests(process.argv.slice(2));

if (sum.skipped > 0 && process.env["CI"] === "true") {
  console.log(`The ${sum.skipped} skipped count as failed, because CI=true.`);
  sum.failed += sum.skipped;
  sum.skipped = 0;
}
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ""}`);
process.exitCode = sum.failed > 0 ? 1 : 0;
