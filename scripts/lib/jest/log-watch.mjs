import { stripVTControlCharacters } from 'node:util';

/** The start of a line of Nest's `ConsoleLogger`, up to its level. */
const NEST_PREFIX = /^\[Nest\] \d+ +- .*? +(LOG|WARN|ERROR|FATAL|DEBUG|VERBOSE) /;
const PROBLEMS = new Set(['WARN', 'ERROR', 'FATAL']);

/** Collects what one test file writes, and compares the warnings and errors among it with those the file expects. */
export class LogWatch {
  /** Warnings and errors that were not yet compared: `LEVEL [Context] message`. */
  #problems = [];
  /** Everything that was written since the last test ended. */
  #output = [];
  #expectedInFile = [];
  #expectedInTest = [];
  #isInTest = false;

  /** Takes a text that the code under test wrote to one of the two streams. */
  write(stream, chunk) {
    const text = stripVTControlCharacters(chunk).trimEnd();
    this.#output.push(text);
    const [prefix, level] = NEST_PREFIX.exec(text) ?? [];
    if (prefix !== undefined) {
      if (PROBLEMS.has(level)) this.#problems.push(`${level} ${text.slice(prefix.length).trimStart()}`);
    } else if (stream === 'stderr') {
      // Nest's logger writes the stack of an error in a second text.
      const last = this.#problems.pop();
      this.#problems.push(last === undefined ? text : `${last}\n${text}`);
    }
  }

  /** Expects that each pattern matches a warning or an error: of this test, or of the file outside of a test. */
  expect(patterns) {
    const expected = this.#isInTest ? this.#expectedInTest : this.#expectedInFile;
    expected.push(...patterns.map((pattern) => ({ pattern, isMatched: false })));
  }

  startTest() {
    this.#isInTest = true;
  }

  /** Ends a test. Gives what is wrong with its warnings and errors, and everything that was written. */
  endTest() {
    this.#isInTest = false;
    const problems = [...this.#unexpected(), ...unmatched(this.#expectedInTest, 'test')];
    this.#expectedInTest = [];
    return { problems, output: this.#takeOutput() };
  }

  /** Ends the file. Gives what is wrong; `isComplete` says that every test ran, so that each pattern must have matched. */
  endFile(isComplete) {
    return [...this.#unexpected(), ...(isComplete ? unmatched(this.#expectedInFile, 'file') : [])];
  }

  #unexpected() {
    const expected = [...this.#expectedInTest, ...this.#expectedInFile];
    const problems = this.#problems;
    this.#problems = [];
    return problems.filter((text) => !isExpected(text, expected)).map((text) => `unexpected log: ${text}`);
  }

  #takeOutput() {
    const output = this.#output.join('\n');
    this.#output = [];
    return output;
  }
}

/** Whether a pattern matches; records each matching pattern. */
function isExpected(text, expected) {
  const matching = expected.filter(({ pattern }) =>
    typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text),
  );
  for (const entry of matching) entry.isMatched = true;
  return matching.length > 0;
}

const unmatched = (expected, owner) =>
  expected
    .filter(({ isMatched }) => !isMatched)
    .map(({ pattern }) => `the ${owner} expects a log that nobody wrote: ${pattern}`);
