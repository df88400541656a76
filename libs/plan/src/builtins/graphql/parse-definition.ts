import type {
  CommentGroup,
  DefinitionKind,
  GqlArgumentDefinition,
  GqlDefinition,
  GqlEnumValue,
  GqlFieldDefinition,
} from './ast.js';
import { parseDirectives, parseType, parseValue } from './parse-common.js';
import type { TokenReader } from './token-reader.js';

/** A description and the comments before it. */
export interface Description {
  readonly text: string;
  readonly comment: CommentGroup | null;
}

const KINDS: Readonly<Record<string, DefinitionKind>> = {
  scalar: 'SCALAR',
  type: 'OBJECT',
  interface: 'INTERFACE',
  union: 'UNION',
  enum: 'ENUM',
  input: 'INPUT_OBJECT',
};

/** The words that begin a type definition. */
export const TYPE_KEYWORDS: readonly string[] = Object.keys(KINDS);

/** A description, empty when there is none. */
export function parseDescription(reader: TokenReader): Description {
  if (!reader.is('String') && !reader.is('BlockString')) return { text: '', comment: null };
  const { comment } = reader;
  return { text: reader.next().value, comment };
}

/**
 * A type definition, or the text after `extend`. As in OPA's library, only the extension of an object may add
 * interfaces.
 */
export function parseTypeDefinition(
  reader: TokenReader,
  description: Description,
  isExtension = false,
): GqlDefinition {
  reader.peek();
  const { comment } = reader;
  const kind = KINDS[reader.next().value] ?? 'SCALAR';
  const name = reader.name();
  const mayImplement = kind === 'OBJECT' || (kind === 'INTERFACE' && !isExtension);
  const interfaces = mayImplement ? parseInterfaces(reader) : [];
  const directives = parseDirectives(reader, true);
  const body = parseBody(reader, kind);
  return {
    Kind: kind,
    Description: description.text,
    Name: name,
    Directives: directives,
    Interfaces: interfaces,
    Fields: [],
    Types: [],
    EnumValues: [],
    BuiltIn: false,
    BeforeDescriptionComment: description.comment,
    AfterDescriptionComment: comment,
    EndOfDefinitionComment: null,
    ...body,
  };
}

/** Definitions of arguments in parentheses, if there are any. */
export function parseArgumentDefinitions(reader: TokenReader): GqlArgumentDefinition[] {
  return reader.some('(', ')', () => parseInputValue(reader)).items;
}

function parseBody(reader: TokenReader, kind: DefinitionKind): Partial<GqlDefinition> {
  switch (kind) {
    case 'UNION':
      return { Types: parseUnionMembers(reader) };
    case 'ENUM': {
      const { items, comment } = reader.some('{', '}', () => parseEnumValue(reader));
      return { EnumValues: items, EndOfDefinitionComment: comment };
    }
    case 'SCALAR':
      return {};
    default: {
      const isInput = kind === 'INPUT_OBJECT';
      const { items, comment } = reader.some('{', '}', () =>
        isInput ? { ...parseInputValue(reader), Arguments: [] } : parseField(reader),
      );
      return { Fields: items, EndOfDefinitionComment: comment };
    }
  }
}

function parseInterfaces(reader: TokenReader): string[] {
  if (reader.peek().value !== 'implements') return [];
  reader.next();
  reader.skip('&');
  const names = [reader.name()];
  while (reader.skip('&')) names.push(reader.name());
  return names;
}

function parseUnionMembers(reader: TokenReader): string[] {
  if (!reader.skip('=')) return [];
  reader.skip('|');
  const names = [reader.name()];
  while (reader.skip('|')) names.push(reader.name());
  return names;
}

/** The description and the name of a field, an argument or an enum value. */
function parseHead(reader: TokenReader): Omit<GqlEnumValue, 'Directives'> {
  const { text, comment } = parseDescription(reader);
  reader.peek();
  const after = reader.comment;
  return {
    Description: text,
    Name: reader.name(),
    BeforeDescriptionComment: text === '' ? null : comment,
    AfterDescriptionComment: after,
  };
}

function parseField(reader: TokenReader): GqlFieldDefinition {
  const head = parseHead(reader);
  const definitions = parseArgumentDefinitions(reader);
  reader.expect(':');
  const type = parseType(reader);
  return {
    ...head,
    Arguments: definitions,
    DefaultValue: null,
    Type: type,
    Directives: parseDirectives(reader, true),
  };
}

function parseInputValue(reader: TokenReader): GqlArgumentDefinition {
  const head = parseHead(reader);
  reader.expect(':');
  const type = parseType(reader);
  const value = reader.skip('=') ? parseValue(reader, true) : null;
  return { ...head, DefaultValue: value, Type: type, Directives: parseDirectives(reader, true) };
}

function parseEnumValue(reader: TokenReader): GqlEnumValue {
  return { ...parseHead(reader), Directives: parseDirectives(reader, true) };
}
