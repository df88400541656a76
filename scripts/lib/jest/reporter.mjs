import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/** About how many progress lines a run prints where it can't rewrite one line. */
const PROGRESS_LINES = 20;
const SLOWEST_FILES = 10;
/** A terminal's commands: go to the line's start, clear it. */
const CLEAR_LINE = '\r\u001B[2K';

/**
 * Jest's output: one line of progress, each failure in full, and the slowest files at the end. With `TEST_COUNTS` it also
 * writes how many tests passed and failed to that file, as JSON.
 */
export default class ProgressReporter {
  #rootDir;
  #terminal;
  #startedAt = performance.now();
  #durations = [];

  constructor({ rootDir }, _options, _context, terminal = process.stderr) {
    this.#rootDir = rootDir;
    this.#terminal = terminal;
  }

  onTestResult({ path }, result, totals) {
    const file = relative(this.#rootDir, path);
    this.#durations.push({ file, ms: result.perfStats.end - result.perfStats.start });
    const failure = result.failureMessage ?? '';
    const logs = (result.console ?? []).map(({ type, message }) => `console.${type}: ${message}`);
    if (failure !== '') this.#print(`FAIL ${file}`, failure);
    if (logs.length > 0) this.#print(`${file} wrote to the console:`, ...logs);
    this.#progress(totals);
  }

  onRunComplete(_contexts, totals) {
    if (this.#terminal.isTTY) this.#terminal.write(CLEAR_LINE);
    if (totals.numTotalTestSuites > 1) this.#printSlowest();
    const counts = countsOf(totals);
    const { numTotalTestSuites: files, numPendingTests: skipped } = totals;
    const results = `${counts.passed} tests passed, ${counts.failed} failed, ${skipped} skipped`;
    this.#print(`${files} files, ${results}, ${this.#elapsed()}`);
    const { TEST_COUNTS } = process.env;
    if (TEST_COUNTS !== undefined) writeFileSync(TEST_COUNTS, JSON.stringify(counts));
  }

  /** Jest asks whether the reporter itself failed. */
  getLastError() {
    return undefined;
  }

  #progress(totals) {
    const total = totals.numTotalTestSuites;
    const done = totals.numPassedTestSuites + totals.numFailedTestSuites + totals.numPendingTestSuites;
    const { passed, failed } = countsOf(totals);
    const line = `${done} of ${total} files, ${passed} tests passed, ${failed} failed, ${this.#elapsed()}`;
    if (this.#terminal.isTTY) this.#terminal.write(`${CLEAR_LINE}${line}`);
    else if (done % Math.ceil(total / PROGRESS_LINES) === 0 && done < total) this.#print(line);
  }

  #printSlowest() {
    const slowest = this.#durations.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST_FILES);
    this.#print(
      'The slowest files:',
      ...slowest.map(({ file, ms }) => `${seconds(ms).padStart(8)}  ${file}`),
    );
  }

  #print(...lines) {
    const clear = this.#terminal.isTTY ? CLEAR_LINE : '';
    this.#terminal.write(`${clear}${lines.join('\n')}\n`);
  }

  #elapsed() {
    return `${Math.round((performance.now() - this.#startedAt) / 1000)} s`;
  }
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** A suite that could not run has no tests, so it counts as one failed test. */
const countsOf = ({ numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) => ({
  passed: numPassedTests,
  failed: numFailedTests + numRuntimeErrorTestSuites,
});
