import type { GqlArgument, GqlChildValue, GqlDirective, GqlType, GqlValue } from './ast.js';
import { VALUE_KIND } from './ast.js';
import type { Token } from './lexer.js';
import type { TokenReader } from './token-reader.js';

/** Arguments in parentheses, if there are any. */
export function parseArguments(reader: TokenReader, isConst: boolean): GqlArgument[] {
  return reader.some('(', ')', () => {
    reader.peek();
    const { comment } = reader;
    const name = reader.name();
    reader.expect(':');
    return { Name: name, Value: parseValue(reader, isConst), Comment: comment };
  }).items;
}

/** Directives, if there are any. */
export function parseDirectives(reader: TokenReader, isConst: boolean): GqlDirective[] {
  const directives: GqlDirective[] = [];
  while (reader.is('@')) {
    reader.next();
    directives.push({ Name: reader.name(), Arguments: parseArguments(reader, isConst), Location: '' });
  }
  return directives;
}

/** A reference to a type. */
export function parseType(reader: TokenReader): GqlType {
  let type: GqlType;
  if (reader.skip('[')) {
    const element = reader.deepen(() => parseType(reader));
    reader.expect(']');
    type = { NamedType: '', Elem: element, NonNull: false };
  } else {
    type = { NamedType: reader.name(), Elem: null, NonNull: false };
  }
  return reader.skip('!') ? { ...type, NonNull: true } : type;
}

/** A value. A constant one has no variables. */
export function parseValue(reader: TokenReader, isConst: boolean): GqlValue {
  const token = reader.peek();
  const { comment } = reader;
  const base = { Raw: '', Children: [], Comment: null, ExpectedTypeHasDefault: false };
  switch (token.kind) {
    case '[': {
      const items = reader.many('[', ']', () => listItem(reader, isConst));
      return { ...base, Kind: VALUE_KIND.list, Children: items, Comment: comment };
    }
    case '{': {
      const fields = reader.many('{', '}', () => objectField(reader, isConst));
      return { ...base, Kind: VALUE_KIND.object, Children: fields, Comment: comment };
    }
    case '$':
      if (isConst) throw reader.unexpected();
      reader.next();
      return { ...base, Kind: VALUE_KIND.variable, Raw: reader.name() };
    default: {
      const kind = scalarKind(token);
      if (kind === undefined) throw reader.unexpected();
      reader.next();
      return { ...base, Kind: kind, Raw: token.value };
    }
  }
}

function listItem(reader: TokenReader, isConst: boolean): GqlChildValue {
  return { Name: '', Value: parseValue(reader, isConst), Comment: null };
}

function objectField(reader: TokenReader, isConst: boolean): GqlChildValue {
  reader.peek();
  const { comment } = reader;
  const name = reader.name();
  reader.expect(':');
  return { Name: name, Value: parseValue(reader, isConst), Comment: comment };
}

function scalarKind({ kind, value }: Token): number | undefined {
  switch (kind) {
    case 'Int':
      return VALUE_KIND.int;
    case 'Float':
      return VALUE_KIND.float;
    case 'String':
      return VALUE_KIND.string;
    case 'BlockString':
      return VALUE_KIND.block;
    case 'Name':
      if (value === 'true' || value === 'false') return VALUE_KIND.boolean;
      return value === 'null' ? VALUE_KIND.null : VALUE_KIND.enum;
    default:
      return undefined;
  }
}
