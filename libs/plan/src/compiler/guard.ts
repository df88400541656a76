import type { Block, Operand, Plan, Statement } from '../plan/index.js';
import { mapKey, numberFromText, numberText } from '../values/index.js';
import type { MapKey } from '../values/index.js';

/** The first test of a block: a part of the input must equal a constant. */
export interface Guard {
  /** The path of the tested part in the input. */
  readonly path: readonly string[];
  /** The constant, as a look-up key. */
  readonly key: MapKey;
  /** The local variables that the block assigns before the test. */
  readonly assigned: ReadonlySet<number>;
  /** The variables of `assigned` that are still undefined at the test. */
  readonly reset: ReadonlySet<number>;
}

/** What the statements before the test did to the local variables. */
interface LocalFacts {
  readonly paths: Map<number, readonly string[]>;
  readonly constants: Map<number, MapKey>;
  readonly assigned: Set<number>;
  readonly reset: Set<number>;
}

/** The guard of a block, or undefined. The statements before the guard change only local variables. */
export function guardOf(plan: Plan, { stmts }: Block): Guard | undefined {
  const facts: LocalFacts = {
    paths: new Map([[0, []]]),
    constants: new Map(),
    assigned: new Set(),
    reset: new Set(),
  };
  for (const statement of stmts) {
    if (statement.type === 'EqualStmt') {
      const { a, b } = statement.stmt;
      const test = testOf(plan, facts, a, b) ?? testOf(plan, facts, b, a);
      if (test) return { ...test, assigned: facts.assigned, reset: facts.reset };
    } else if (!note(plan, facts, statement)) return undefined;
  }
  return undefined;
}

/** Whether a block has an effect only after the guarded block has passed its test. */
export function needs({ stmts: [first] }: Block, { reset }: Guard): boolean {
  return first?.type === 'IsDefinedStmt' && reset.has(first.stmt.source);
}

function testOf(
  plan: Plan,
  facts: LocalFacts,
  part: Operand,
  constant: Operand,
): Pick<Guard, 'path' | 'key'> | undefined {
  const path = part.type === 'local' ? facts.paths.get(part.value) : undefined;
  const key = constantOf(plan, facts, constant);
  return path && key !== undefined ? { path, key } : undefined;
}

function constantOf(
  { strings }: Plan,
  { constants }: LocalFacts,
  { type, value }: Operand,
): MapKey | undefined {
  if (type === 'local') return constants.get(value);
  return type === 'bool' ? value : mapKey(strings[value] ?? '');
}

/** Records what a statement assigns. Returns false for a statement that does more than assign. */
function note(plan: Plan, facts: LocalFacts, { type, stmt }: Statement): boolean {
  switch (type) {
    case 'ResetLocalStmt':
      assign(facts, stmt.target, {});
      facts.reset.add(stmt.target);
      return true;
    case 'MakeNumberIntStmt':
      assign(facts, stmt.target, {
        constant: numberKey(String(typeof stmt.value === 'number' ? stmt.value : numberText(stmt.value))),
      });
      return true;
    case 'MakeNumberRefStmt':
      assign(facts, stmt.target, { constant: numberKey(plan.strings[stmt.Index] ?? '') });
      return true;
    case 'AssignVarStmt':
      assign(facts, stmt.target, {
        path: stmt.source.type === 'local' ? facts.paths.get(stmt.source.value) : undefined,
        constant: constantOf(plan, facts, stmt.source),
      });
      return true;
    case 'DotStmt': {
      const from = stmt.source.type === 'local' ? facts.paths.get(stmt.source.value) : undefined;
      const key = stmt.key.type === 'string_index' ? plan.strings[stmt.key.value] : undefined;
      assign(facts, stmt.target, { path: from && key !== undefined ? [...from, key] : undefined });
      return true;
    }
    default:
      return false;
  }
}

const numberKey = (text: string) => mapKey(numberFromText(text));

function assign(
  facts: LocalFacts,
  target: number,
  { path, constant }: { path?: readonly string[] | undefined; constant?: MapKey | undefined },
): void {
  facts.assigned.add(target);
  facts.reset.delete(target);
  facts.paths.delete(target);
  facts.constants.delete(target);
  if (path) facts.paths.set(target, path);
  if (constant !== undefined) facts.constants.set(target, constant);
}
