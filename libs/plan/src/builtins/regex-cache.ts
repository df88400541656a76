import { RE2JS, RE2JSException } from 're2js';
import { BuiltinError } from './builtin.js';

const MOST_PATTERNS = 200;
const compiled = new Map<string, RE2JS>();

/** A compiled regular expression. It runs in linear time. The last used ones are kept. */
export function compileRegex(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  const regex = known ?? compile(pattern);
  compiled.delete(pattern);
  compiled.set(pattern, regex);
  if (compiled.size > MOST_PATTERNS) {
    const [oldest] = compiled.keys();
    if (oldest !== undefined) compiled.delete(oldest);
  }
  return regex;
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException || error instanceof RangeError) {
      // Go always says where the problem is, even when nothing is left of the pattern.
      const message = error.message.endsWith('`') ? error.message : `${error.message}: \`\``;
      throw new BuiltinError(message, { cause: error });
    }
    throw error;
  }
}
