import type { Block, Operand, Plan, Statement } from '../plan/index.js';
import { mapKey, numberFromText, numberText } from '../values/index.js';
import type { MapKey } from '../values/index.js';

/** What a block tests first: that a part of the input equals a constant. */
export interface Guard {
  /** Where the part is in the input. */
  readonly path: readonly string[];
  /** What the constant is found by. */
  readonly key: MapKey;
  /** The local variables that the block assigns before the test. */
  readonly assigned: ReadonlySet<number>;
  /** Those of them that are undefined then. */
  readonly reset: ReadonlySet<number>;
}

/** What is known of local variables before the test. */
interface Known {
  readonly paths: Map<number, readonly string[]>;
  readonly constants: Map<number, MapKey>;
  readonly assigned: Set<number>;
  readonly reset: Set<number>;
}

/** The guard of a block, if it has one. Whatever comes before has no effect but on local variables. */
export function guardOf(plan: Plan, { stmts }: Block): Guard | undefined {
  const known: Known = {
    paths: new Map([[0, []]]),
    constants: new Map(),
    assigned: new Set(),
    reset: new Set(),
  };
  for (const statement of stmts) {
    if (statement.type === 'EqualStmt') {
      const { a, b } = statement.stmt;
      const test = testOf(plan, known, a, b) ?? testOf(plan, known, b, a);
      if (test) return { ...test, assigned: known.assigned, reset: known.reset };
    } else if (!note(plan, known, statement)) return undefined;
  }
  return undefined;
}

/** Whether a block does nothing, unless the block with the guard has got through. */
export function needs({ stmts: [first] }: Block, { reset }: Guard): boolean {
  return first?.type === 'IsDefinedStmt' && reset.has(first.stmt.source);
}

function testOf(
  plan: Plan,
  known: Known,
  part: Operand,
  constant: Operand,
): Pick<Guard, 'path' | 'key'> | undefined {
  const path = part.type === 'local' ? known.paths.get(part.value) : undefined;
  const key = constantOf(plan, known, constant);
  return path && key !== undefined ? { path, key } : undefined;
}

function constantOf({ strings }: Plan, { constants }: Known, { type, value }: Operand): MapKey | undefined {
  if (type === 'local') return constants.get(value);
  return type === 'bool' ? value : mapKey(strings[value] ?? '');
}

/** Notes what a statement assigns. False for one that does more than that. */
function note(plan: Plan, known: Known, { type, stmt }: Statement): boolean {
  switch (type) {
    case 'ResetLocalStmt':
      assign(known, stmt.target, {});
      known.reset.add(stmt.target);
      return true;
    case 'MakeNumberIntStmt':
      assign(known, stmt.target, {
        constant: numberKey(String(typeof stmt.value === 'number' ? stmt.value : numberText(stmt.value))),
      });
      return true;
    case 'MakeNumberRefStmt':
      assign(known, stmt.target, { constant: numberKey(plan.strings[stmt.Index] ?? '') });
      return true;
    case 'AssignVarStmt':
      assign(known, stmt.target, {
        path: stmt.source.type === 'local' ? known.paths.get(stmt.source.value) : undefined,
        constant: constantOf(plan, known, stmt.source),
      });
      return true;
    case 'DotStmt': {
      const from = stmt.source.type === 'local' ? known.paths.get(stmt.source.value) : undefined;
      const key = stmt.key.type === 'string_index' ? plan.strings[stmt.key.value] : undefined;
      assign(known, stmt.target, { path: from && key !== undefined ? [...from, key] : undefined });
      return true;
    }
    default:
      return false;
  }
}

const numberKey = (text: string) => mapKey(numberFromText(text));

function assign(
  known: Known,
  target: number,
  { path, constant }: { path?: readonly string[] | undefined; constant?: MapKey | undefined },
): void {
  known.assigned.add(target);
  known.reset.delete(target);
  known.paths.delete(target);
  known.constants.delete(target);
  if (path) known.paths.set(target, path);
  if (constant !== undefined) known.constants.set(target, constant);
}
