import { LRUCache } from 'lru-cache';
import { INVALID_PARAMS, isObject } from './parse.js';
import type { JsonRpcRequest } from './json-rpc.js';
import { GatewayError } from './gateway-error.js';
import { methodOf, resourceParameterOf } from './methods/index.js';
import { misspelled, namesIn } from './schema-names.js';

const MAX_CALLED = 1_000;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The arguments that tools and prompts declare, and the structured content that tools declare. Lists that pass the
 * gateway declare them. A server in Go ignores the case of member names; a policy does not. Names in another spelling are
 * therefore refused.
 */
export class DeclaredNames {
  private readonly declared = new LRUCache<string, Declared>({ max: MAX_CALLED });

  /** Stores what the items of a list declare. Results of methods that list nothing callable are ignored. */
  learn(method: string, result: unknown): void {
    const list = methodOf(method)?.list;
    if (list?.declares === undefined || !isObject(result)) return;
    const { method: call, by } = list.declares;
    const items: unknown = result[list.items];
    if (!Array.isArray(items)) return;
    for (const item of items as unknown[]) {
      const name = isObject(item) ? item[list.name] : undefined;
      if (!isObject(item) || typeof name !== 'string') continue;
      const schema = by === 'schema' ? schemaIn(item['inputSchema']) : promptSchema(item['arguments']);
      this.declared.set(keyOf(call, name), { schema, output: schemaIn(item['outputSchema']) });
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
    const parameter = resourceParameterOf(method);
    return parameter === undefined
      ? undefined
      : this.declared.get(keyOf(method, String(params?.[parameter])));
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
