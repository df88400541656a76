import { LRUCache } from 'lru-cache';
import { INVALID_PARAMS, isObject } from './parse.js';
import type { JsonRpcRequest } from './json-rpc.js';
import { GatewayError } from './gateway-error.js';
import { misspelled, namesIn } from './schema-names.js';

const MAX_CALLED = 1_000;

/** The method that lists what another method calls, and what the list says of the arguments. */
const LISTS: ReadonlyMap<string, readonly [items: string, call: string, schemaOf: SchemaOf]> = new Map([
  ['tools/list', ['tools', 'tools/call', ({ inputSchema }) => inputSchema]],
  ['prompts/list', ['prompts', 'prompts/get', ({ arguments: names }) => promptSchema(names)]],
]);

type Fields = Readonly<Record<string, unknown>>;
type SchemaOf = (item: Fields) => unknown;

/**
 * The arguments of tools and prompts, and the structured content of tools, as lists that passed by declare them. A
 * program in Go takes a member for a declared one though the case differs, which a policy doesn't.
 */
export class DeclaredNames {
  private readonly declared = new LRUCache<string, Declared>({ max: MAX_CALLED });

  /** Takes what is declared from a result of tools/list or prompts/list. */
  learn(method: string, result: unknown): void {
    const list = LISTS.get(method);
    if (list === undefined || !isObject(result)) return;
    const [key, call, schemaOf] = list;
    const items: unknown = result[key];
    if (!Array.isArray(items)) return;
    for (const item of items as unknown[]) {
      if (!isObject(item) || typeof item['name'] !== 'string') continue;
      const declared = { schema: schemaIn(schemaOf(item)), output: schemaIn(item['outputSchema']) };
      this.declared.set(keyOf(call, item['name']), declared);
    }
  }

  /** The names that a tool or prompt declares, of nested objects too; none where its list isn't known. */
  declaredBy(request: JsonRpcRequest): ReadonlySet<string> {
    const declared = this.of(request);
    if (declared === undefined) return NONE;
    return (declared.names ??= namesIn(declared.schema));
  }

  /**
   * Checks the arguments of a call.
   *
   * @throws GatewayError 400 with -32602 when one is a declared argument in another spelling
   */
  assertSpelled(request: JsonRpcRequest): void {
    const declared = this.of(request);
    const proper = declared && misspelled(request.params?.['arguments'], declared.schema);
    if (proper === undefined) return;
    throw new GatewayError(
      400,
      INVALID_PARAMS,
      `Invalid params: an argument is spelled otherwise than ${JSON.stringify(proper)}, which is declared`,
      request.id,
    );
  }

  /** Whether a result's structured content has a property that the tool declares, in another spelling. */
  misspelledIn(request: JsonRpcRequest, result: unknown): boolean {
    const declared = this.of(request);
    if (declared === undefined || !isObject(result)) return false;
    return misspelled(result['structuredContent'], declared.output) !== undefined;
  }

  private of({ method, params }: JsonRpcRequest): Declared | undefined {
    return this.declared.get(keyOf(method, String(params?.['name'])));
  }
}

/** What a tool or prompt declares: its arguments and its structured content. The names are collected at the first call. */
interface Declared {
  readonly schema: Fields;
  readonly output: Fields;
  names?: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

const schemaIn = (value: unknown): Fields => (isObject(value) ? value : {});

const keyOf = (method: string, name: string): string => JSON.stringify([method, name]);

function promptSchema(names: unknown): Fields {
  const declared = Array.isArray(names) ? (names as unknown[]).filter(isObject) : [];
  return { properties: Object.fromEntries(declared.map(({ name }) => [String(name), {}])) };
}
