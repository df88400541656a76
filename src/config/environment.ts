import { isScalar, visit } from 'yaml';
import type { Document, Scalar } from 'yaml';
import { ConfigError } from './config-error.js';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a variable; `undefined` for an unset or empty variable. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}

/**
 * Whether the gateway runs in production: `NODE_ENV=production`, in any case and with spaces around it.
 *
 * @example
 * ```ts
 * import { isProduction } from 'nestjs-opa-gateway';
 *
 * isProduction({ NODE_ENV: 'production' }); // true
 * ```
 */
export function isProduction(env: Environment): boolean {
  return env['NODE_ENV']?.trim().toLowerCase() === 'production';
}

const REFERENCE = /\$\{([^}\n]*)\}/g;
const PARTS = /^([A-Za-z_]\w*)(?::-(.*))?$/;
// Private-use characters have no meaning in YAML. A reference can therefore stand inside `{ … }` and `[ … ]` too.
const OPEN = '\uE000';
const CLOSE = '\uE001';
const PLACEHOLDER = /\uE000(\d+)\uE001/g;

/** A text with placeholders instead of `${…}` references, and the references by number. */
export interface SetAside {
  readonly text: string;
  readonly references: readonly string[];
}

/** Replaces `${…}` references by placeholders before the YAML parser runs. A value then can't change the structure. */
export function setAsideReferences(text: string): SetAside {
  const references: string[] = [];
  const replaced = text.replace(REFERENCE, (_, reference: string) => {
    references.push(reference);
    return `${OPEN}${references.length - 1}${CLOSE}`;
  });
  return { text: replaced, references };
}

/**
 * Replaces placeholders by the values of environment variables. A quoted scalar stays text. An unquoted scalar becomes a
 * number or boolean when its text is a number, `true` or `false`.
 *
 * @throws ConfigError for:
 *
 * - an unset or empty variable whose reference has no default,
 * - a malformed reference,
 * - a reference in a key.
 */
export function fillReferences(document: Document, references: readonly string[], env: Environment): void {
  visit(document, {
    Scalar(key, node) {
      if (typeof node.value !== 'string' || !node.value.includes(OPEN)) return;
      if (key === 'key') throw new ConfigError('a key must not have a ${…} reference in it');
      const text = node.value.replace(PLACEHOLDER, (_, index: string) =>
        valueOf(references[Number(index)] ?? '', env),
      );
      node.value = isPlain(node) ? typed(text) : text;
    },
  });
}

function valueOf(reference: string, env: Environment): string {
  const [, name, fallback] = PARTS.exec(reference) ?? [];
  if (name === undefined) {
    throw new ConfigError(`\${${reference}} is neither \${NAME} nor \${NAME:-default}`);
  }
  const value = variable(env, name) ?? fallback;
  if (value !== undefined) return value;
  throw new ConfigError(
    `the environment variable ${name} is not set: set it, or write \${${name}:-default} in the file`,
  );
}

const isPlain = (node: unknown): node is Scalar => isScalar(node) && node.type === 'PLAIN';

function typed(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  // A text that a number can't give back, such as a long key of digits, stays a text.
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && String(Number(text)) === text ? Number(text) : text;
}
