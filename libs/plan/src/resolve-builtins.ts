import type { Builtin, Builtins } from './builtins/index.js';
import { PlanError } from './error.js';
import type { Block, Plan, Statement } from './plan/index.js';

/**
 * The builtins that a plan calls, in the plan's order. Throws if builtins are missing. The error names each missing
 * builtin with a rule that uses it.
 */
export function resolveBuiltins(plan: Plan, builtins: Builtins): readonly Builtin[] {
  const names = plan.builtins.map(({ name }) => name);
  const resolved = names.flatMap((name) => (Object.hasOwn(builtins, name) ? (builtins[name] ?? []) : []));
  const missing = names.filter((name) => !Object.hasOwn(builtins, name));
  if (missing.length === 0) return resolved;
  const uses = missing.map((name) => `${name} (${userOf(plan, name)})`);
  const isGraphql = (name: string): boolean => name.startsWith('graphql.');
  const advice = [
    ...(missing.some(isGraphql) ? ['graphql.* needs the package graphql: run "npm install graphql".'] : []),
    ...(missing.every(isGraphql) ? [] : ['Supply them with the option "builtins".']),
  ];
  throw new PlanError(
    'MISSING_BUILTIN',
    `The policy calls builtins that opa-plan lacks: ${uses.join(', ')}. ${advice.join(' ')}`,
  );
}

function userOf({ functions, files }: Plan, builtin: string): string {
  for (const { path, blocks } of functions) {
    const call = findCall(blocks, builtin);
    if (call) return `used by ${path.slice(1).join('.')}, ${files[call.file] ?? '?'}:${call.row}`;
  }
  return 'used by no rule';
}

function findCall(blocks: readonly Block[], builtin: string): { file: number; row: number } | undefined {
  const waiting: Block[] = [...blocks];
  for (let block = waiting.pop(); block; block = waiting.pop()) {
    for (const { type, stmt } of block.stmts) {
      if (type === 'CallStmt' && stmt.func === builtin) return stmt.location;
      waiting.push(...innerBlocks({ type, stmt } as Statement));
    }
  }
  return undefined;
}

function innerBlocks({ type, stmt }: Statement): readonly Block[] {
  if (type === 'BlockStmt') return stmt.blocks;
  return type === 'ScanStmt' || type === 'NotStmt' || type === 'WithStmt' ? [stmt.block] : [];
}
