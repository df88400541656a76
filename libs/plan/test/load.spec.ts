import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { createPolicy, loadPlan } from '../src/index.js';
import type { PlanError } from '../src/index.js';
import { bundleOf } from './support/build.js';

const run = promisify(execFile);
const LIBRARY = join(import.meta.dirname, '..', 'dist', 'esm', 'index.js');

const REGO =
  'package t\n\nallow if input.x\n\nanswer := data.a.b\n\nsent := http.send({"url": "http://127.0.0.1"}).status_code';

async function archive(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name }, text);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

const PLAN = { static: {}, plans: { plans: [] }, funcs: { funcs: [] } };
const withStatement = (type: string, stmt: unknown) => ({
  ...PLAN,
  plans: { plans: [{ name: 't', blocks: [{ stmts: [{ type, stmt }] }] }] },
});

describe('a bundle', () => {
  let bundle: Buffer;
  beforeAll(() => {
    bundle = bundleOf({ rego: REGO, entrypoints: ['t/allow', 't/answer'], data: '{"a": {"b": 2.0}}' });
  });

  it('is loaded from its bytes or its file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'opa-plan-'));
    const file = join(folder, 'bundle.tar.gz');
    try {
      await writeFile(file, bundle);
      for (const source of [bundle, new Uint8Array(bundle), file]) {
        const policy = await loadPlan(source);
        expect(policy.evaluate('t/allow', { x: 1 })).toBe(true);
        expect(policy.evaluateToJson('t/answer')).toBe('2.0');
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('may have its data in several files, JSON or YAML, each at the path of its folder', async () => {
    const files = {
      'plan.json': JSON.stringify(PLAN),
      'data.yaml': 'a: {c: 12345678901234567890}',
      'a/b/data.json': '[1.50]',
    };
    const plan = withStatement('ResultSetAddStmt', { value: 2 });
    const dot = { type: 'MakeObjectStmt', stmt: { target: 2 } };
    const insert = {
      type: 'ObjectInsertStmt',
      stmt: { key: { type: 'string_index', value: 0 }, value: { type: 'local', value: 1 }, object: 2 },
    };
    plan.plans.plans[0]?.blocks[0]?.stmts.unshift(dot, insert);
    const source = { ...plan, static: { strings: [{ value: 'result' }] } };
    const policy = await loadPlan(await archive({ ...files, '/plan.json': JSON.stringify(source) }));
    expect(policy.evaluateToJson('t')).toBe('{"a":{"b":[1.50],"c":12345678901234567890}}');
  });

  it.each<[string, PlanError['code'], string, () => Promise<Buffer>]>([
    ['is no archive', 'INVALID_BUNDLE', 'not a whole tar.gz', () => Promise.resolve(Buffer.from('nonsense'))],
    [
      'is cut short',
      'INVALID_BUNDLE',
      'not a whole tar.gz',
      () => Promise.resolve(bundle.subarray(0, bundle.length / 2)),
    ],
    ['has no plan', 'INVALID_BUNDLE', 'opa build -t plan', () => archive({ 'data.json': '{}' })],
    ['is a delta', 'INVALID_BUNDLE', 'delta', () => archive({ 'patch.json': '{}' })],
    [
      'has broken data',
      'INVALID_BUNDLE',
      '/data.json',
      () => archive({ 'plan.json': JSON.stringify(PLAN), 'data.json': '{' }),
    ],
    [
      'has data that is no object',
      'INVALID_BUNDLE',
      '/data.json',
      () => archive({ 'plan.json': JSON.stringify(PLAN), 'data.json': '[]' }),
    ],
    [
      'has data twice',
      'INVALID_BUNDLE',
      '"a"',
      () => archive({ 'plan.json': JSON.stringify(PLAN), 'data.json': '{"a": 1}', 'a/data.json': '2' }),
    ],
    [
      'has a broken manifest',
      'INVALID_BUNDLE',
      '.manifest',
      () => archive({ 'plan.json': JSON.stringify(PLAN), '.manifest': '[]' }),
    ],
  ])('that %s is refused: %s', async (_what, code, message, make) => {
    const error = await loadPlan(await make()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('of Wasm is refused with the command that builds the right one', async () => {
    const wasm = bundleOf({ rego: 'package t\nx := 1', entrypoints: ['t/x'], target: 'wasm' });
    await expect(loadPlan(wasm)).rejects.toMatchObject({
      message: expect.stringContaining('opa build -t plan'),
    });
  });

  it('is refused when it is larger than the limit, packed or unpacked', async () => {
    const padded = await archive({ 'plan.json': ' '.repeat(1_000_000) });
    for (const maxBytes of [100, 50_000]) {
      await expect(loadPlan(padded, { maxBytes })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    }
  });

  it('that can not be read is refused', async () => {
    await expect(loadPlan('/nowhere/bundle.tar.gz')).rejects.toMatchObject({ code: 'INVALID_BUNDLE' });
  });

  it('with unknown builtins is refused by their names and the rules that use them, unless they are supplied', async () => {
    const sending = bundleOf({ rego: REGO, entrypoints: ['t/sent'] });
    await expect(loadPlan(sending)).rejects.toMatchObject({
      code: 'MISSING_BUILTIN',
      message: expect.stringContaining('http.send (used by t.sent, policy.rego:7)'),
    });
    const policy = await loadPlan(sending, { builtins: { 'http.send': () => ({ status_code: 204 }) } });
    expect(policy.evaluate('t/sent')).toBe(204);
  });
});

describe('a plan', () => {
  it.each<[string, unknown, string]>([
    ['that is no object', 7, 'The top of the plan is not an object'],
    ['without plans', {}, 'plans of the plan is not an object'],
    ['with an unknown statement', withStatement('NewStmt', {}), 'unknown type "NewStmt"'],
    ['with a name of Object', withStatement('constructor', {}), 'unknown type "constructor"'],
    [
      'with a statement that lacks a field',
      withStatement('MakeNullStmt', {}),
      'target of the plan is not a whole number',
    ],
    [
      'with a local that is no number',
      withStatement('MakeNullStmt', { target: '0; evil()' }),
      'is not a whole number',
    ],
    [
      'with a text that is not there',
      withStatement('MakeNumberRefStmt', { Index: 1, target: 2 }),
      'Index of the plan',
    ],
    [
      'with an operand of no kind',
      withStatement('AssignVarStmt', { target: 2, source: { type: 'code', value: 'evil()' } }),
      'is not an operand',
    ],
    [
      'that calls what it lacks',
      withStatement('CallStmt', { func: 'evil', args: [], result: 2 }),
      'calls "evil", which it lacks',
    ],
  ])('%s is refused', (_what, plan, message) => {
    expect(() => createPolicy({ plan })).toThrow(
      expect.objectContaining({ code: 'INVALID_PLAN', message: expect.stringContaining(message) }),
    );
  });

  it('makes no code of its texts', async () => {
    const text = '"); globalThis.hacked = true; ("\\u2028\n`${globalThis.hacked = true}`';
    const rego = `package t\n\nx := ${JSON.stringify(text)}\n\ny := input[${JSON.stringify(text)}]`;
    const policy = await loadPlan(bundleOf({ rego, entrypoints: ['t'] }));
    expect(policy.evaluate('t', { [text]: 1 })).toEqual({ x: text, y: 1 });
    expect(globalThis).not.toHaveProperty('hacked');
  });

  it('freezes the data that the caller gives', () => {
    const data = { a: { b: [{ c: 1 }] } };
    createPolicy({ plan: PLAN, data });
    expect(Object.isFrozen(data.a.b[0])).toBe(true);
  });

  it('lets no supplied builtin change the data of a bundle', async () => {
    const rego = 'package t\n\nsent := http.send(data.a)\n\nanswer := data.a.b[0].c';
    const bytes = bundleOf({ rego, entrypoints: ['t/sent', 't/answer'], data: '{"a": {"b": [{"c": 1}]}}' });
    const send = (_context: unknown, value: unknown) => {
      (value as { b: { c: number }[] }).b.forEach((item) => (item.c = 2));
      return true;
    };
    const policy = await loadPlan(bytes, { builtins: { 'http.send': send } });
    expect(() => policy.evaluate('t/sent')).toThrow(expect.objectContaining({ code: 'EVALUATION_FAILED' }));
    expect(policy.evaluate('t/answer')).toBe(1);
  });

  it('says so where the process forbids code generation', async () => {
    const program = `import { createPolicy } from ${JSON.stringify(LIBRARY)};
      try { createPolicy({ plan: ${JSON.stringify(PLAN)} }); } catch (error) { console.log(error.code, error.message); }`;
    const args = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', program];
    const { stdout } = await run(process.execPath, args);
    expect(stdout).toMatch(/^CODE_GENERATION_DISALLOWED .*--disallow-code-generation-from-strings/);
  });
});
