import { numberFromText } from './rego-number.js';
import { wellFormed } from './strings.js';
import type { Value } from './value.js';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
/** A string with its quotes. The pattern allows control characters, because JSON.parse refuses them anyway. */
const STRING = /"(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const LITERALS = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

type Open = { kind: 'array'; items: Value[] } | { kind: 'object'; entries: Map<string, Value>; key: string };

/**
 * Reads JSON without recursion. It keeps the text of each number that JavaScript would write differently. With
 * `endsBeforeNull` the document may be followed by `null` and any text.
 */
export function parseKeepingNumbers(text: string, endsBeforeNull = false): Value {
  const reader = new Reader(text);
  const stack: Open[] = [];
  for (;;) {
    let value = beginOrScalar(reader, stack);
    while (value !== undefined) {
      const open = stack.at(-1);
      if (!open) {
        reader.end(endsBeforeNull);
        return value;
      }
      value = put(reader, stack, open, value);
    }
  }
}

/** Reads a scalar. Returns undefined when an array or object begins. */
function beginOrScalar(reader: Reader, stack: Open[]): Value | undefined {
  if (reader.take('[')) {
    if (reader.take(']')) return [];
    stack.push({ kind: 'array', items: [] });
    return undefined;
  }
  if (reader.take('{')) {
    if (reader.take('}')) return {};
    stack.push({ kind: 'object', entries: new Map(), key: reader.key() });
    return undefined;
  }
  return reader.scalar();
}

/** Adds a value to the innermost open array or object. Returns that array or object when it is complete. */
function put(reader: Reader, stack: Open[], open: Open, value: Value): Value | undefined {
  if (open.kind === 'array') open.items.push(value);
  else open.entries.set(open.key, value);
  if (reader.take(',')) {
    if (open.kind === 'object') open.key = reader.key();
    return undefined;
  }
  if (!reader.take(open.kind === 'array' ? ']' : '}')) reader.fail();
  stack.pop();
  // An assignment would set the prototype for the key "__proto__". `fromEntries` defines a property instead.
  return open.kind === 'array' ? open.items : Object.fromEntries(open.entries);
}

class Reader {
  #at = 0;
  constructor(readonly text: string) {}

  take(character: string): boolean {
    this.#match(SPACE);
    if (this.text.charAt(this.#at) !== character) return false;
    this.#at++;
    return true;
  }

  key(): string {
    this.#match(SPACE);
    const key = this.#string();
    if (key === undefined || !this.take(':')) return this.fail();
    return key;
  }

  scalar(): Value {
    this.#match(SPACE);
    const string = this.#string();
    if (string !== undefined) return string;
    const number = this.#match(NUMBER);
    if (number) return numberFromText(number);
    for (const [literal, value] of LITERALS) {
      if (!this.text.startsWith(literal, this.#at)) continue;
      this.#at += literal.length;
      return value;
    }
    return this.fail();
  }

  end(mayPrecedeNull: boolean): void {
    this.#match(SPACE);
    if (mayPrecedeNull && this.text.startsWith('null', this.#at)) return;
    if (this.#at < this.text.length) this.fail();
  }

  fail(): never {
    throw new SyntaxError(`The text is not JSON: unexpected character at position ${this.#at}`);
  }

  #string(): string | undefined {
    const string = this.#match(STRING);
    return string === undefined ? undefined : wellFormed(JSON.parse(string) as string);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.text)?.[0];
    if (match !== undefined) this.#at += match.length;
    return match;
  }
}
