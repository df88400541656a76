import type { JsonObject, Value } from '../../values/index.js';
import { entriesOf, get, isArray, isObject, keyText } from '../../values/index.js';
import { BuiltinError } from '../builtin.js';
import { elementsOf } from '../operands.js';
import type { Draft } from './schema.js';

/** The address of a schema without `$id`. */
const ROOT = 'opa-plan-schema://root/';
const DRAFTS: ReadonlyMap<string, Draft> = new Map([
  ['http://json-schema.org/draft-04/schema', 4],
  ['http://json-schema.org/draft-06/schema', 6],
  ['http://json-schema.org/draft-07/schema', 7],
]);
/** Keywords whose values are objects of schemas under any key. */
const CONTAINERS = new Set(['properties', 'dependencies', 'patternProperties']);

/** The schemas of a document by address. */
export class References {
  readonly #documents = new Map<string, Value>();
  readonly #absolute = new WeakMap<object, string>();

  constructor(root: Value) {
    this.#documents.set(ROOT, root);
    this.#collect(root, ROOT);
  }

  /** Resolves a schema's `$ref` to an absolute address. */
  addressOf(schema: JsonObject, reference: string): string {
    return this.#absolute.get(schema) ?? resolve(ROOT, reference);
  }

  /** The schema at an address. */
  find(address: string, reference: string): Value {
    const whole = this.#documents.get(address);
    if (whole !== undefined) return whole;
    const [base = '', fragment = ''] = address.split('#');
    const document = this.#documents.get(base);
    if (document === undefined) {
      throw new BuiltinError(
        address.startsWith(ROOT)
          ? `Reference ${reference} must be canonical`
          : `remote reference ${reference} is not loaded: opa-plan does not use the network`,
      );
    }
    return followPointer(document, decodeURIComponent(fragment));
  }

  #collect(value: Value, base: string): void {
    if (isArray(value)) {
      for (const item of elementsOf(value) ?? []) this.#collect(item, base);
      return;
    }
    if (!isObject(value)) return;
    const own = this.#ownAddress(value as JsonObject, base);
    const reference = get(value, '$ref');
    if (typeof reference === 'string') this.#absolute.set(value, resolve(own, reference));
    for (const [key, item] of entriesOf(value)) {
      if (key === 'const' || key === 'enum') continue;
      if (CONTAINERS.has(keyText(key))) {
        for (const [, schema] of isObject(item) ? entriesOf(item) : []) this.#collect(schema, own);
      } else {
        this.#collect(item, own);
      }
    }
  }

  #ownAddress(schema: JsonObject, base: string): string {
    const id = get(schema, 'id') ?? get(schema, '$id');
    if (typeof id !== 'string') return base;
    const address = resolve(base, id);
    if (this.#documents.has(address) && address !== ROOT) {
      throw new BuiltinError(`Reference already exists: "${id}"`);
    }
    this.#documents.set(address, schema);
    return address;
  }
}

/** The draft that a schema names with `$schema`. */
export function draftOf(schema: Value): Draft {
  if (typeof schema === 'boolean') return 'hybrid';
  if (!isObject(schema)) throw new BuiltinError('schema is invalid');
  const name = get(schema, '$schema');
  if (name === undefined) return 'hybrid';
  if (typeof name !== 'string') throw new BuiltinError('$schema must be of type string');
  return DRAFTS.get(name.replace(/#$/, '')) ?? 'hybrid';
}

function resolve(base: string, reference: string): string {
  try {
    return new URL(reference, base).href.replace(/#$/, '');
  } catch (error) {
    throw new BuiltinError(`parse "${reference}": invalid reference`, { cause: error });
  }
}

function followPointer(document: Value, pointer: string): Value {
  if (pointer === '') return document;
  if (!pointer.startsWith('/')) throw new BuiltinError(`Invalid reference "${pointer}"`);
  let value = document;
  for (const part of pointer.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const next = get(value, isArray(value) ? Number(key) : key);
    if (next === undefined) throw new BuiltinError(`Object has no key '${key}'`);
    value = next;
  }
  return value;
}
