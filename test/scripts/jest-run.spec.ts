import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { env } from '../support/commands.js';

const ROOT = resolve(import.meta.dirname, '../..');
const jestDir = join(ROOT, 'scripts/lib/jest');

/** Two test files: one with each kind of log, one that passes. */
const FILES = {
  'logs.spec.cjs': `
    const line = (level, text) => {
      process.stdout.write('\\u001b[31m[Nest] 1  - \\u001b[39m11/30/2026, 5:53:47 PM   ' + level + ' [Ctx] ' + text + '\\n');
    };
    test('logs nothing bad', () => line('LOG', 'started'));
    test('logs what it expects', () => { expectLogs(/^ERROR \\[Ctx\\] boom$/, 'the stack'); line('ERROR', 'boom'); });
    test('logs an error', () => line('ERROR', 'boom'));
    test('logs nothing that it expects', () => expectLogs('never'));
    test('fails', () => { line('LOG', 'a hint'); expect(1).toBe(2); });
    afterAll(() => line('WARN', 'late'));`,
  'passes.spec.cjs': `
    expectLogs('in the file');
    test('passes', () => { process.stderr.write('in the file'); });
    test('passes again', () => console.log('for the reader'));`,
};
const CONFIG = {
  transform: {},
  testMatch: ['**/*.spec.cjs'],
  testEnvironment: join(jestDir, 'environment.mjs'),
  reporters: [join(jestDir, 'reporter.mjs')],
};

let folder: string;
let output: string;
let counts: unknown;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-opa-jest-'));
  const files = { ...FILES, 'jest.config.json': JSON.stringify(CONFIG) };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const countsFile = join(folder, 'counts.json');
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const { stderr } = spawnSync(process.execPath, [jest, '-i'], {
    cwd: folder,
    env: { ...env, TEST_COUNTS: countsFile },
    encoding: 'utf8',
  });
  output = stderr;
  counts = JSON.parse(readFileSync(countsFile, 'utf8'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The part of the output about one test. */
const failureOf = (test: string): string[] =>
  output
    .split(/^ {2}● /m)
    .filter((part) => part.startsWith(`${test}\n`))
    .map((part) => part.slice(test.length).trim());

describe('a test', () => {
  it.each(['logs nothing bad', 'passes', 'passes again'])('that %s passes', (test) => {
    expect(failureOf(test)).toEqual([]);
  });

  it('fails when it logs an error that it does not expect', () => {
    expect(failureOf('logs an error')).toEqual(['unexpected log: ERROR [Ctx] boom']);
  });

  it('fails when an expected log line is missing', () => {
    expect(failureOf('logs nothing that it expects')).toEqual([
      'the test expects a log that nobody wrote: never',
    ]);
    expect(failureOf('logs what it expects')).toEqual([
      'the test expects a log that nobody wrote: the stack',
    ]);
  });

  it('shows its output when it fails', () => {
    const [failure, written] = failureOf('fails');
    expect(failure).toContain('Expected: 2');
    expect(written).toMatch(/it wrote:\s+\[Nest\].* LOG \[Ctx\] a hint/);
  });
});

describe('a file', () => {
  it('fails when it logs a warning after its last test', () => {
    expect(failureOf('Test suite failed to run')[0]).toContain('unexpected log: WARN [Ctx] late');
  });
});

describe('the output of a run', () => {
  it('names the files that fail, and what is written to the console', () => {
    expect(output.match(/^FAIL .*$/gm)).toEqual(['FAIL logs.spec.cjs']);
    expect(output).toContain('passes.spec.cjs wrote to the console:\nconsole.log: for the reader\n');
  });

  it('shows the progress, the slowest files and the sums', () => {
    expect(output).toMatch(/^1 of 2 files, \d tests passed, \d failed, \d+ s$/m);
    expect(output).toMatch(
      /^The slowest files:\n( +\d+\.\d s {2}(logs|passes)\.spec\.cjs\n){2}2 files, 3 tests/m,
    );
    // Four tests, and the file that logs after its last test.
    expect(counts).toEqual({ passed: 3, failed: 5 });
  });
});
