/**
 * A Rego builtin in JavaScript: JSON values in, a JSON value out.
 *
 * `undefined` is what OPA calls a builtin error: the expression is undefined. An `ArrayBuffer` is the answer's JSON text,
 * for what JavaScript's numbers can't hold. What is thrown fails the whole evaluation (`OPA_POLICY_ERROR`); of its
 * message the log gets what is in front of the first colon or quote.
 */
export type Builtin = (...args: unknown[]) => unknown;

/** Builtins by their name in Rego. */
export type Builtins = Readonly<Record<string, Builtin>>;

/** A builtin whose arguments are all strings; any other argument is a builtin error. */
export function ofStrings(apply: (...args: string[]) => unknown): Builtin {
  return (...args) => (args.every(isString) ? apply(...args) : undefined);
}

/** Gives a JSON text as a builtin's answer. */
export function jsonText(text: string): ArrayBuffer {
  return new TextEncoder().encode(text).buffer;
}

export function isString(value: unknown): value is string {
  return typeof value === 'string';
}

/** Tells whether a JSON value is an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes bytes that a policy takes for text.
 *
 * @throws TypeError when they are not UTF-8: OPA's strings can hold such bytes, JSON can't
 */
export function decodeUtf8(bytes: Uint8Array): string {
  return strictUtf8.decode(bytes);
}
