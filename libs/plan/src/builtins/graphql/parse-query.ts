import type { GqlField, GqlFragment, GqlOperation, GqlQuery, GqlSelection, GqlVariable } from './ast.js';
import { errorAt } from './lexer.js';
import { parseArguments, parseDirectives, parseType, parseValue } from './parse-common.js';
import { TokenReader } from './token-reader.js';

/** Reads a request. Throws the library's error, as OPA shows it. `onToken` is called for each token. */
export function parseQueryDocument(input: string, onToken: () => void): GqlQuery {
  const reader = new TokenReader(input, onToken);
  const operations: GqlOperation[] = [];
  const fragments: GqlFragment[] = [];
  while (!reader.is('<EOF>')) {
    if (reader.is('{') || reader.isKeyword('query', 'mutation', 'subscription')) {
      operations.push(parseOperation(reader));
    } else if (reader.isKeyword('fragment')) {
      fragments.push(parseFragmentDefinition(reader));
    } else {
      throw reader.unexpected();
    }
  }
  return { Operations: operations, Fragments: fragments };
}

function parseOperation(reader: TokenReader): GqlOperation {
  if (reader.is('{')) {
    const selections = parseSelections(reader);
    const none = { VariableDefinitions: [], Directives: [], Comment: null };
    return { Operation: 'query', Name: '', SelectionSet: selections, ...none };
  }
  const { comment } = reader;
  const operation = reader.next().value;
  return {
    Operation: operation,
    Name: reader.is('Name') ? reader.next().value : '',
    VariableDefinitions: parseVariables(reader),
    Directives: parseDirectives(reader, false),
    SelectionSet: parseSelections(reader),
    Comment: comment,
  };
}

function parseVariables(reader: TokenReader): GqlVariable[] {
  return reader.some('(', ')', () => {
    reader.peek();
    const { comment } = reader;
    reader.expect('$');
    const variable = reader.name();
    reader.expect(':');
    return {
      Variable: variable,
      Type: parseType(reader),
      DefaultValue: reader.skip('=') ? parseValue(reader, true) : null,
      Directives: parseDirectives(reader, false),
      Comment: comment,
      Used: false,
    };
  }).items;
}

function parseSelections(reader: TokenReader): GqlSelection[] {
  const token = reader.peek();
  if (token.kind !== '{') throw errorAt(token, `Expected {, found ${token.kind}`);
  return reader.some('{', '}', () => parseSelection(reader)).items;
}

function parseSelection(reader: TokenReader): GqlSelection {
  return reader.is('...') ? parseFragment(reader) : parseField(reader);
}

function parseField(reader: TokenReader): GqlField {
  const { comment } = reader;
  const alias = reader.name();
  const name = reader.skip(':') ? reader.name() : alias;
  return {
    Alias: alias,
    Name: name,
    Arguments: parseArguments(reader, false),
    Directives: parseDirectives(reader, false),
    SelectionSet: reader.is('{') ? parseSelections(reader) : [],
    Comment: comment,
  };
}

function parseFragment(reader: TokenReader): GqlSelection {
  const [, comment] = reader.expect('...');
  if (reader.is('Name') && !reader.isKeyword('on')) {
    return { Name: reader.name(), Directives: parseDirectives(reader, false), Comment: comment };
  }
  let condition = '';
  if (reader.isKeyword('on')) {
    reader.next();
    condition = reader.name();
  }
  return {
    TypeCondition: condition,
    Directives: parseDirectives(reader, false),
    SelectionSet: parseSelections(reader),
    Comment: comment,
  };
}

function parseFragmentDefinition(reader: TokenReader): GqlFragment {
  const comment = reader.expectKeyword('fragment');
  if (reader.isKeyword('on')) throw reader.unexpected();
  const name = reader.name();
  const variables = parseVariables(reader);
  reader.expectKeyword('on');
  return {
    Name: name,
    VariableDefinition: variables,
    TypeCondition: reader.name(),
    Directives: parseDirectives(reader, false),
    SelectionSet: parseSelections(reader),
    Comment: comment,
  };
}
