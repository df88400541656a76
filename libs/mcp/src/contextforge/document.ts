import { isCollection, parseDocument, visit } from 'yaml';
import { OpaError } from 'nestjs-opa';
import { isError } from 'nestjs-opa/internal';

// The original system fills in Jinja's; unfilled, a name would be one that no call has.
const TEMPLATE = /\{\{|\{%/;
const NO_TEMPLATES = 'templates are not filled in here, write the value';

/**
 * Reads a YAML document.
 *
 * @param source - what it is called in messages
 * @throws OpaError `OPA_BAD_OPTIONS` when it isn't YAML, or a template of it
 */
export function documentOf(text: string, source: string): unknown {
  const document = parseDocument(text, { merge: true });
  // A warning (an unknown tag, say) means that the value isn't what was written.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined)
    throw bad(source, problem.message.split('\n', 1)[0] ?? 'it is not YAML', problem);
  visit(document, {
    // Unquoted, a template is a map within a map's key.
    Pair: (_key, { key }) => {
      if (isCollection(key)) throw bad(source, `a key is no text; ${NO_TEMPLATES}`);
    },
    Scalar: (_key, { value, range }) => {
      if (typeof value !== 'string' || !TEMPLATE.test(value)) return;
      const line = text.slice(0, range?.[0]).split('\n').length;
      throw bad(source, `a template at line ${line}; ${NO_TEMPLATES}`);
    },
  });
  try {
    return document.toJS();
  } catch (cause) {
    throw bad(source, isError(cause) ? cause.message : "its aliases can't be resolved", cause);
  }
}

/** The error of a file that can't be used. */
export function bad(source: string, why: string, cause?: unknown): OpaError {
  return new OpaError('OPA_BAD_OPTIONS', `${source}: ${why}.`, { cause });
}
