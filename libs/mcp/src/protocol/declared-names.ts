import { DeclarationCache } from './declaration-cache.js';
import { INVALID_PARAMS, isObject } from './parse.js';
import type { JsonRpcRequest } from './json-rpc.js';
import { GatewayError } from './gateway-error.js';
import { methodOf, resourceParameterOf } from './methods/index.js';
import { misspelled, namesIn } from './schema-names.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Stores the declared names of arguments (tools and prompts) and of structured content (tools). The gateway reads the
 * declarations from the lists that servers send. A server in Go ignores the case of member names, but a policy does
 * not. So the gateway refuses a declared name in another spelling.
 */
export class DeclaredNames {
  private readonly declared = new DeclarationCache<Declared>();

  /** Stores the declarations of a list's items. Ignores results of methods that list neither tools nor prompts. */
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
      this.declared.set(keyOf(call, name), item, { schema, output: schemaIn(item['outputSchema']) });
    }
  }

  /** The argument names that a tool or prompt declares, at any depth. Empty when the gateway has not seen its list. */
  declaredBy(request: JsonRpcRequest): ReadonlySet<string> {
    const declared = this.of(request);
    if (declared === undefined) return NONE;
    return (declared.names ??= namesIn(declared.schema));
  }

  /**
   * Checks the arguments of a call.
   *
   * @throws GatewayError 400 with -32602 when an argument's name differs from a declared name only in case
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

  /** Whether a name in a result's structured content differs from a declared name only in case. */
  misspelledIn(request: JsonRpcRequest, result: unknown): boolean {
    const declared = this.of(request);
    if (declared === undefined || !isObject(result)) return false;
    return misspelled(result['structuredContent'], declared.output) !== undefined;
  }

  private of({ method, params }: JsonRpcRequest): Declared | undefined {
    const name = params?.[resourceParameterOf(method) ?? ''];
    // A later check refuses a name that is not a text.
    return typeof name === 'string' ? this.declared.get(keyOf(method, name)) : undefined;
  }
}

/** The declared arguments and structured content of a tool or prompt. The first call collects the argument names. */
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
  const texts = declared.map(({ name }) => name).filter((name) => typeof name === 'string');
  return { properties: Object.fromEntries(texts.map((name) => [name, {}])) };
}
