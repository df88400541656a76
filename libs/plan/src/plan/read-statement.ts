import { arrayAt, indexAt, integerAt, invalid, objectAt, textAt } from './read-fields.js';
import type { Json } from './read-fields.js';
import { STATEMENTS } from './schema.js';
import type { Block, FieldKind, Operand, Statement, StatementLocation, StatementType } from './schema.js';

/** The limit of local variables, more than any policy has. Their numbers become names in the generated code. */
export const MAX_LOCALS = 1_000_000;

/** Reads the blocks and statements of one plan. */
export class StatementReader {
  constructor(
    private readonly strings: number,
    private readonly files: number,
  ) {}

  /** Reads blocks that run one after another. */
  blocks(value: unknown, where: string): readonly Block[] {
    return arrayAt(value, where).map((block, index) => this.#block(block, `${where}[${index}]`));
  }

  /** Reads the number of a local variable. */
  local(value: unknown, where: string): number {
    return indexAt(value, MAX_LOCALS, where);
  }

  #block(value: unknown, where: string): Block {
    const { stmts } = objectAt(value, where);
    return {
      stmts: arrayAt(stmts, where).map((stmt, index) => this.#statement(stmt, `${where}.stmts[${index}]`)),
    };
  }

  #statement(value: unknown, where: string): Statement {
    const { type, stmt } = objectAt(value, where);
    const name = textAt(type, `${where}.type`);
    if (!Object.hasOwn(STATEMENTS, name))
      throw invalid(where, `has the unknown type ${JSON.stringify(name)}`);
    const fields = objectAt(stmt, `${where}.stmt`);
    const read: Json = { location: this.#location(fields, where) };
    for (const [field, kind] of Object.entries<FieldKind>(STATEMENTS[name as StatementType])) {
      read[field] = this.#field(kind, fields[field], `${where}.${field}`);
    }
    return { type: name, stmt: read } as unknown as Statement;
  }

  #field(kind: FieldKind, value: unknown, where: string): unknown {
    switch (kind) {
      case 'local':
        return this.local(value, where);
      case 'locals':
        return arrayAt(value, where).map((item) => this.local(item, where));
      case 'operand':
        return this.#operand(value, where);
      case 'operands':
        return arrayAt(value, where).map((item) => this.#operand(item, where));
      case 'block':
        return this.#block(value, where);
      case 'blocks':
        return this.blocks(value, where);
      case 'integer':
        return integerAt(value, where);
      case 'string':
        return indexAt(value, this.strings, where);
      case 'strings':
        return arrayAt(value, where).map((item) => indexAt(item, this.strings, where));
      case 'count':
        return indexAt(value, MAX_LOCALS, where);
      case 'name':
        return textAt(value, where);
    }
  }

  #operand(operand: unknown, where: string): Operand {
    const { type, value } = objectAt(operand, where);
    if (type === 'local') return { type, value: this.local(value, where) };
    if (type === 'string_index') return { type, value: indexAt(value, this.strings, where) };
    if (type === 'bool' && typeof value === 'boolean') return { type, value };
    throw invalid(where, 'is not an operand');
  }

  /** Reads a location. Statements that OPA's compiler generated have no file, row or column. */
  #location({ file = 0, row = 0, col = 0 }: Json, where: string): StatementLocation {
    return {
      file: indexAt(file, Math.max(1, this.files), `${where}.file`),
      row: indexAt(row, MAX_LOCALS, `${where}.row`),
      col: indexAt(col, MAX_LOCALS, `${where}.col`),
    };
  }
}
