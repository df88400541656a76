declare global {
  var expectLogs: (...patterns: (string | RegExp)[]) => void;
}

/**
 * Says which warnings and errors the code under test logs. Any other one fails the test that runs.
 *
 * @param patterns texts or expressions, compared with `LEVEL [Context] message`. In a test, each must match a log of
 *   this test; outside of a test, each must match a log of the file.
 */
export const expectLogs = (...patterns: (string | RegExp)[]): void => globalThis.expectLogs(...patterns);
