import type { CST, Document, ScalarTag, Tags } from 'yaml';
import { Composer, Lexer, Parser } from 'yaml';
import { spend } from '../../values/index.js';
import { BuiltinError } from '../builtin.js';
import { LexemeCheck } from './lexeme-check.js';

/** The steps of a lexeme, whose reading and parsing take a few microseconds. */
const STEPS_OF_LEXEME = 4;
const TEXT_TAG = 'tag:yaml.org,2002:str';

/**
 * Parses all documents of a YAML text and checks the deadline meanwhile.
 *
 * @throws BuiltinError for the first error in the text
 */
export function parseDocuments(text: string): readonly Document.Parsed[] {
  const composer = new Composer({
    schema: 'failsafe',
    customTags: watched,
    resolveKnownTags: false,
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

/** Adds a check of the deadline to each scalar tag, because the library composes a document without a pause. */
const watched = (tags: Tags): Tags =>
  tags.map((tag) => (isTextTag(tag) ? { ...tag, resolve: readText } : tag));

const isTextTag = (tag: Tags[number]): tag is ScalarTag => typeof tag === 'object' && tag.tag === TEXT_TAG;

function readText(text: string): string {
  spend(STEPS_OF_LEXEME);
  return text;
}

function* tokensOf(text: string): Generator<CST.Token> {
  const parser = new Parser();
  const check = new LexemeCheck();
  for (const lexeme of new Lexer().lex(text)) {
    spend(STEPS_OF_LEXEME);
    check.next(lexeme);
    yield* parser.next(lexeme);
  }
  check.end();
  yield* parser.end();
}

const lineAt = (text: string, position: number) => text.slice(0, position).split('\n').length;
