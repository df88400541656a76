import type { Alias, Node, Pair, Scalar as ScalarNode, YAMLMap } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document } from 'yaml';
import type { Value } from '../../values/index.js';
import { numberFromInteger, numberFromText } from '../../values/index.js';
import type { BuiltinContext } from '../builtin.js';
import { BuiltinError } from '../builtin.js';
import { fromGo } from '../failure.js';
import { decodeBase64 } from '../go/base64.js';
import { textOf } from '../go/bytes.js';
import { formatFloat } from '../go/float.js';
import { parseDocuments } from './parse.js';
import type { Scalar } from './resolve.js';
import { resolveScalar } from './resolve.js';

const TAG_PREFIX = 'tag:yaml.org,2002:';
const DEEPEST = 10_000;
/** Characters that the library refuses anywhere in a text. */
const CONTROL = /[^\t\n\r -~\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
/** Half of a surrogate pair as an escape. The library refuses it, even beside its other half. */
const SURROGATE_ESCAPE = /^(?:[^\\]|\\[^uU])*\\(?:u|U0000)[dD][89a-fA-F]/;

/** The text of a block scalar at the root that begins with a comment which is not indented. */
const COMMENTS = /^(?: *\r?\n)*#[^\n\r]*(?:\r?\n *(?:#[^\n\r]*)?)*$/;

/** The first document of a YAML text. The others must be YAML too. */
export function unmarshalYaml(context: BuiltinContext, text: string): Value {
  if (CONTROL.test(text)) throw new BuiltinError('yaml: control characters are not allowed');
  const documents = parseDocuments(text);
  const [first] = documents;
  if (first && documents.some(({ contents }) => isUnindentedBlock(contents))) {
    throw new BuiltinError('yaml: did not find expected <document start>');
  }
  return first?.contents ? new Reader(context, first, text.length).read(first.contents) : null;
}

/** Whether a block scalar (`|`, `>`) is not indented. OPA's library refuses this even for the root of a document. */
function isUnindentedBlock(node: Node | null): boolean {
  if (!isScalar(node) || node.srcToken?.type !== 'block-scalar') return false;
  // Lines of comments end the block: it is empty.
  return /^[^ \n\r]/m.test(node.srcToken.source) && !COMMENTS.test(node.srcToken.source);
}

/** Whether a block scalar has a tab in its indentation. */
const hasTabInIndentation = (source: string) => /^(?: *\r?\n)* *\t/.test(source);

class Reader {
  #size = 0;
  #depth = 0;
  /** The targets of the aliases around the current node. */
  readonly #targets = new Set<Node>();

  constructor(
    readonly context: BuiltinContext,
    readonly document: Document.Parsed,
    readonly length: number,
  ) {}

  read(node: Node): Value {
    // With aliases a few bytes can expand to many nodes.
    this.context.checkDeadline();
    this.context.checkSize(++this.#size);
    if (isAlias(node)) return this.#nested(() => this.#alias(node, (target) => this.read(target)));
    if (isMap(node)) return this.#nested(() => Object.fromEntries(this.#entries(node)));
    if (isSeq(node)) return this.#nested(() => node.items.map((item) => this.read(item as Node)));
    return isScalar(node) ? this.#scalar(node) : null;
  }

  /** Reads a scalar. If the text ends inside a block scalar, OPA's library adds no line break. */
  #scalar(node: ScalarNode): Value {
    const value = valueOf(scalarOf(node), node);
    const token = node.srcToken;
    if (token?.type === 'block-scalar' && hasTabInIndentation(token.source)) {
      throw new BuiltinError('yaml: found a tab character where an indentation space is expected');
    }
    if (token?.type === 'block-scalar' && COMMENTS.test(token.source)) return '';
    const isCutOff =
      token?.type === 'block-scalar' && node.range?.[1] === this.length && /[^\n\r]$/.test(token.source);
    return isCutOff && typeof value === 'string' ? value.replace(/\n$/, '') : value;
  }

  #nested<Result>(read: () => Result): Result {
    this.#depth++;
    if (this.#depth > DEEPEST) throw new BuiltinError('yaml: exceeded max depth of 10000');
    const result = read();
    this.#depth--;
    return result;
  }

  /** Reads the target of an alias. */
  #alias<Result>(alias: Alias, read: (target: Node) => Result): Result {
    const target = alias.resolve(this.document);
    if (!target) throw new BuiltinError(`yaml: unknown anchor '${alias.source}' referenced`);
    if (this.#targets.has(target))
      throw new BuiltinError(`yaml: anchor '${alias.source}' value contains itself`);
    this.#targets.add(target);
    const result = read(target);
    this.#targets.delete(target);
    return result;
  }

  /** The entries of a mapping. Merged entries come first, so that the mapping's own keys win. */
  #entries(map: YAMLMap): Map<string, Value> {
    const merged: Map<string, Value>[] = [];
    const entries = new Map<string, Value>();
    for (const { key, value } of map.items as Pair<Node, Node | null>[]) {
      if (isScalar(key) && scalarOf(key).type === 'merge') {
        if (value) merged.push(...this.#merges(value));
      } else {
        entries.set(keyOf(key), value ? this.read(value) : null);
      }
    }
    // If several mappings are merged, the first one wins.
    return new Map([...merged.toReversed().flatMap((mapping) => [...mapping]), ...entries]);
  }

  #merges(node: Node): Map<string, Value>[] {
    if (isAlias(node)) return this.#alias(node, (target) => this.#mergesOf(target));
    return this.#mergesOf(node);
  }

  #mergesOf(target: Node): Map<string, Value>[] {
    if (isMap(target)) return [this.#nested(() => this.#entries(target))];
    if (!isSeq(target))
      throw new BuiltinError('yaml: map merge requires map or sequence of maps as the value');
    return target.items.flatMap((item) => this.#merges(item as Node));
  }
}

function scalarOf(node: ScalarNode): Scalar {
  const token = node.srcToken;
  if (token?.type === 'double-quoted-scalar' && SURROGATE_ESCAPE.test(token.source)) {
    throw new BuiltinError('yaml: found invalid Unicode character escape code');
  }
  const text = String(node.source ?? node.value);
  const isPlain = node.type === undefined || node.type === 'PLAIN';
  if (node.tag === undefined || node.tag === '!') return isPlain ? resolveScalar(text) : { type: 'string' };
  const tag = node.tag.startsWith(TAG_PREFIX) ? node.tag.slice(TAG_PREFIX.length) : '';
  if (!['null', 'bool', 'int', 'float'].includes(tag)) return { type: 'string' };
  const scalar = resolveScalar(text);
  if (tag === 'float' && scalar.type === 'integer') return { type: 'float', value: Number(scalar.value) };
  const names = { null: 'null', boolean: 'bool', integer: 'int', float: 'float' } as const;
  if (!(scalar.type in names) || names[scalar.type as keyof typeof names] !== tag) {
    throw new BuiltinError(`yaml: cannot decode !!${scalar.type} \`${text}\` as a !!${tag}`);
  }
  return scalar;
}

function valueOf(scalar: Scalar, node: ScalarNode): Value {
  switch (scalar.type) {
    case 'null':
      return null;
    case 'boolean':
      return scalar.value;
    case 'integer':
      return numberFromInteger(scalar.value);
    case 'float':
      if (!Number.isFinite(scalar.value)) {
        throw new BuiltinError(`json: unsupported value: ${formatFloat(scalar.value, 'g', -1)}`);
      }
      return numberFromText(String(scalar.value));
    default: {
      if (node.tag !== `${TAG_PREFIX}binary`) return String(node.value);
      const text = node.source ?? '';
      return textOf(fromGo(() => decodeBase64(text, 'standard')));
    }
  }
}

/** The text of a key in JSON. */
function keyOf(node: Node | null): string {
  if (!isScalar(node)) throw new BuiltinError('yaml: invalid map key');
  const scalar = scalarOf(node);
  switch (scalar.type) {
    case 'null':
      throw new BuiltinError('unsupported map key of type: %!s(<nil>)');
    case 'boolean':
    case 'integer':
      return scalar.value.toString();
    case 'float':
      return floatKey(scalar.value);
    default:
      return String(node.value);
  }
}

/** OPA writes a float that is a key with the precision of 32 bits. */
function floatKey(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return Number.isNaN(single) ? '.nan' : single > 0 ? '.inf' : '-.inf';
  for (let precision = 1; precision < 9; precision++) {
    const text = Number(value.toPrecision(precision));
    if (Math.fround(text) === single) return formatFloat(text, 'g', -1);
  }
  return formatFloat(Number(value.toPrecision(9)), 'g', -1);
}
