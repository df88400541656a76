import { Writable } from 'node:stream';
import { TestEnvironment } from 'jest-environment-node';

import { LogWatch } from './log-watch.mjs';

/** How much of its output a failed test shows, in characters. */
const SHOWN_OUTPUT = 10_000;

/**
 * Jest's environment of Node. It keeps what the code under test writes to stdout and stderr away from the terminal. A
 * test that fails shows its output. A warning or an error that no test expects (`expectLogs`, test/support/logs.ts)
 * fails the test.
 */
export default class LogEnvironment extends TestEnvironment {
  #logs = new LogWatch();

  constructor(config, context) {
    super(config, context);
    for (const stream of ['stdout', 'stderr']) {
      const write = (chunk, _encoding, done) => {
        this.#logs.write(stream, chunk.toString());
        done();
      };
      Object.defineProperty(this.global.process, stream, {
        value: new Writable({ write }),
        configurable: true,
      });
    }
    this.global.expectLogs = (...patterns) => this.#logs.expect(patterns);
  }

  /** Jest calls it before and after each test. */
  handleTestEvent(event, state) {
    if (event.name === 'test_start') this.#logs.startTest();
    if (event.name === 'test_done') this.#endTest(event.test);
    if (event.name === 'run_finish') {
      const isComplete = state.testNamePattern == null && !state.hasFocusedTests && !hasFailed(state);
      state.unhandledErrors.push(...this.#logs.endFile(isComplete).map(withoutStack));
    }
  }

  #endTest(test) {
    const { problems, output } = this.#logs.endTest();
    const isFailed = test.errors.length > 0;
    test.errors.push(...problems.map(withoutStack));
    // Logs come after the assertion that failed: they may be what it failed for.
    if (isFailed && output !== '')
      test.errors.push(withoutStack(`it wrote:\n${output.slice(-SHOWN_OUTPUT)}`));
  }
}

function hasFailed({ rootDescribeBlock }) {
  const fails = ({ type, errors, children }) =>
    type === 'test' ? errors.length > 0 : children.some((child) => fails(child));
  return fails(rootDescribeBlock);
}

function withoutStack(message) {
  const error = new Error(message);
  error.stack = message;
  return error;
}
