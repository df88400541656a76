import { GoError } from '../go/error.js';
import { goQuote } from '../go/quote.js';
import type { GqlDefinition } from './ast.js';
import type { Schema } from './schema.js';

/** Refuses input objects that contain themselves through non-null fields. */
export function validateInputCycles(schema: Schema): void {
  const checked = new Set<string>();
  for (const name of [...schema.types.keys()].sort()) {
    const definition = schema.types.get(name);
    if (definition?.Kind === 'INPUT_OBJECT') visit(schema, definition, [], checked);
  }
}

interface Step {
  readonly type: string;
  readonly field: string;
}

function visit(schema: Schema, definition: GqlDefinition, path: readonly Step[], checked: Set<string>): void {
  if (checked.has(definition.Name)) return;
  checked.add(definition.Name);
  for (const { Name, Type } of definition.Fields) {
    const next = Type.NonNull ? schema.types.get(Type.NamedType) : undefined;
    if (next?.Kind !== 'INPUT_OBJECT') continue;
    const steps = [...path, { type: definition.Name, field: Name }];
    const cycleAt = steps.findIndex(({ type }) => type === next.Name);
    if (cycleAt >= 0) {
      const fields = steps.slice(cycleAt).map(({ field }) => field);
      throw new GoError(
        `Cannot reference Input Object ${goQuote(next.Name)} within itself through a series of non-null fields: ${goQuote(fields.join('.'))}.`,
      );
    }
    visit(schema, next, steps, checked);
  }
}
