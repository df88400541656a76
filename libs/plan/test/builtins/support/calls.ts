import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BuiltinContext } from '../../../src/builtins/index.js';
import { BuiltinError, builtins } from '../../../src/builtins/index.js';
import { termText } from '../../../src/builtins/term-text.js';
import type { Value } from '../../../src/values/index.js';
import {
  entriesOf,
  fromJson,
  get,
  isArray,
  isObject,
  isSet,
  keyText,
  toJson,
} from '../../../src/values/index.js';

const run = promisify(execFile);
const getOpa = join(import.meta.dirname, '..', '..', '..', '..', '..', 'scripts', 'get-opa.mjs');

/** A call of a builtin. */
export type Call = readonly [name: string, ...args: Value[]];

/** What came of a call: JSON, the message of an error, or nothing. */
export interface Outcome {
  readonly value?: string;
  readonly error?: string;
}

/** An evaluation that nothing limits, at the present time: OPA's process knows no other. */
export function makeContext(overrides: Partial<BuiltinContext> = {}): BuiltinContext {
  return {
    now: BigInt(Date.now()) * 1_000_000n,
    strict: false,
    runtime: {},
    cache: new Map(),
    random: () => 0.5,
    randomBytes: (count) => new Uint8Array(count).fill(0x5a),
    checkDeadline: () => undefined,
    checkSize: () => undefined,
    print: () => undefined,
    ...overrides,
  };
}

/** Calls the builtins of this package. */
export function callOurs(calls: readonly Call[], context = makeContext()): Outcome[] {
  return calls.map(([name, ...args]) => {
    try {
      const value = builtins[name]?.(context, ...args);
      return value === undefined ? {} : { value: toJson(value) };
    } catch (error) {
      if (error instanceof BuiltinError) return { error: error.message };
      throw error;
    }
  });
}

/** Calls OPA's builtins, all in one process. */
export async function callOpa(calls: readonly Call[]): Promise<Outcome[]> {
  const rules = calls.map(([name, ...args], row) => {
    const operands = args.map((arg, index) => (isJson(arg) ? `input[${row}][${index}]` : `a${index}`));
    // OPA's compiler knows the types of literals, and refuses wrong ones. It knows none of what `walk` gives.
    const literals = args.map((arg, index) =>
      isJson(arg) ? '' : `walk(${termText(arg)}, [[], a${index}]); `,
    );
    return `r${row} = x { ${literals.join('')}x := ${name}(${operands.join(', ')}) }`;
  });
  const input = `[${calls.map(([, ...args]) => toJson(args.map((arg) => (isJson(arg) ? arg : null)))).join()}]`;
  const output = await evaluate(`package t\n${rules.join('\n')}\n`, input);
  return calls.map((_call, row) => {
    const value = get(output.rules, `r${row}`);
    const error = output.errors.get(row);
    if (value !== undefined) return { value: toJson(value) };
    return error === undefined ? {} : { error };
  });
}

interface Output {
  readonly rules: Value;
  readonly errors: ReadonlyMap<number, string>;
}

async function evaluate(module: string, input: string): Promise<Output> {
  const folder = await mkdtemp(join(tmpdir(), 'opa-plan-'));
  try {
    const files = { module: join(folder, 'module.rego'), input: join(folder, 'input.json') };
    await writeFile(files.module, module);
    await writeFile(files.input, input);
    const flags = [
      '--v0-compatible',
      '--show-builtin-errors',
      '-f',
      'json',
      '-d',
      files.module,
      '-i',
      files.input,
    ];
    const { stdout: paths } = await run(process.execPath, [getOpa, '--print']);
    const binary = paths.trimEnd().split('\n').at(-1) ?? '';
    const { stdout, stderr } = await run(binary, ['eval', ...flags, 'data.t'], { maxBuffer: 2 ** 28 }).catch(
      (error: unknown) => error as { stdout: string; stderr: string },
    );
    if (stdout === '') throw new Error(`OPA gave no answer: ${stderr.slice(0, 2000)}`);
    return readOutput(fromJson(stdout));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function readOutput(output: Value): Output {
  const at = (value: Value, ...path: Value[]): Value =>
    path.reduce<Value>((current, key) => get(current, key) ?? null, value);
  const errors = new Map<number, string>();
  const reported = at(output, 'errors');
  for (const error of isArray(reported) ? reported : []) {
    const row = Number(at(error, 'location', 'row')) - 2;
    errors.set(row, keyText(at(error, 'message')).replace(/^[\w.]+: /, ''));
  }
  const rules = at(output, 'result', 0, 'expressions', 0, 'value');
  if (rules === null) throw new Error(`OPA did not evaluate the calls: ${toJson(output).slice(0, 2000)}`);
  return { rules, errors };
}

/** Whether a value comes through JSON unchanged. */
function isJson(value: Value): boolean {
  if (isSet(value)) return false;
  if (isArray(value)) return value.every(isJson);
  if (isObject(value))
    return entriesOf(value).every(([key, item]) => typeof key === 'string' && isJson(item));
  return true;
}
