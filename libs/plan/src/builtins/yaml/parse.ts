import type { CST, Document } from 'yaml';
import { Composer, Lexer, Parser } from 'yaml';
import { spend } from '../../values/index.js';
import { BuiltinError } from '../builtin.js';

/** The steps of a lexeme: reading and parsing it take a few microseconds. */
const STEPS_OF_LEXEME = 4;

/**
 * Parses all documents of a YAML text and looks at the deadline meanwhile. Composing the documents from tokens looks at
 * no clock, but takes about as long as parsing the tokens.
 *
 * @throws BuiltinError for the first error in the text
 */
export function parseDocuments(text: string): readonly Document.Parsed[] {
  const composer = new Composer({
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'silent',
    merge: false,
    strict: true,
    keepSourceTokens: true,
  });
  const documents = [...composer.compose(tokensOf(text))];
  for (const { errors, directives } of documents) {
    const [error] = errors;
    if (directives.yaml.explicit === true && directives.yaml.version !== '1.1') {
      throw new BuiltinError('yaml: found incompatible YAML document');
    }
    if (error) throw new BuiltinError(`yaml: line ${lineAt(text, error.pos[0])}: ${error.message}`);
  }
  return documents;
}

function* tokensOf(text: string): Generator<CST.Token> {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    spend(STEPS_OF_LEXEME);
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}

const lineAt = (text: string, position: number) => text.slice(0, position).split('\n').length;
