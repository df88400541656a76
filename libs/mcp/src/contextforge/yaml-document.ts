import { isCollection, parseDocument, visit } from 'yaml';
import { OpaError } from 'nestjs-opa';
import { isError } from 'nestjs-opa/internal';

// ContextForge fills in Jinja templates. An unfilled template would be a name that no call has.
const TEMPLATE = /\{\{|\{%/;
const NO_TEMPLATES = 'Templates are not filled in here. Write the value';

/**
 * Parses a YAML document.
 *
 * @param source - the document's name in messages
 * @throws OpaError `OPA_BAD_OPTIONS` when the text is not YAML, or holds a template
 */
export function parseYaml(text: string, source: string): unknown {
  const document = parseDocument(text, { merge: true });
  // The parser warns where the value differs from the text, for example at an unknown tag.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    throw fileError(source, problem.message.split('\n', 1)[0] ?? 'the file is not YAML', problem);
  }
  visit(document, {
    // YAML reads a template without quotes as a map in a map's key.
    Pair: (_key, { key }) => {
      if (isCollection(key)) throw fileError(source, `a key is not a text. ${NO_TEMPLATES}`);
    },
    Scalar: (_key, { value, range }) => {
      if (typeof value !== 'string' || !TEMPLATE.test(value)) return;
      const line = text.slice(0, range?.[0]).split('\n').length;
      throw fileError(source, `line ${line} holds a template. ${NO_TEMPLATES}`);
    },
  });
  try {
    return document.toJS();
  } catch (cause) {
    throw fileError(source, isError(cause) ? cause.message : "the file's aliases can't be resolved", cause);
  }
}

/** The error of a file that can't be used. */
export function fileError(source: string, why: string, cause?: unknown): OpaError {
  return new OpaError('OPA_BAD_OPTIONS', `${source}: ${why}.`, { cause });
}
