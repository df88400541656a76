import { LRUCache } from 'lru-cache';
import { INVALID_PARAMS } from 'nestjs-opa/mcp';
import type { JsonRpcRequest } from 'nestjs-opa/mcp';
import { isObject } from './era.js';
import { GatewayError } from './gateway-error.js';
import { misspelled } from './schema-names.js';

const MAX_CALLED = 1_000;

/** The method that lists what another method calls, and what the list says of the arguments. */
const LISTS: ReadonlyMap<string, readonly [items: string, call: string, schemaOf: SchemaOf]> = new Map([
  ['tools/list', ['tools', 'tools/call', ({ inputSchema }) => inputSchema]],
  ['prompts/list', ['prompts', 'prompts/get', ({ arguments: names }) => promptSchema(names)]],
]);

type Fields = Readonly<Record<string, unknown>>;
type SchemaOf = (item: Fields) => unknown;

/**
 * The arguments of tools and prompts, as lists that passed by declare them. A server in Go takes an argument for a
 * declared one though the case differs, which a policy doesn't.
 */
export class ArgumentNames {
  private readonly schemas = new LRUCache<string, Fields>({ max: MAX_CALLED });

  /** Takes the arguments from a result of tools/list or prompts/list. */
  learn(method: string, result: unknown): void {
    const list = LISTS.get(method);
    if (list === undefined || !isObject(result)) return;
    const [key, call, schemaOf] = list;
    const items: unknown = result[key];
    if (!Array.isArray(items)) return;
    for (const item of items as unknown[]) {
      if (!isObject(item) || typeof item['name'] !== 'string') continue;
      const schema = schemaOf(item);
      this.schemas.set(keyOf(call, item['name']), isObject(schema) ? schema : {});
    }
  }

  /**
   * Checks the arguments of a call.
   *
   * @throws GatewayError 400 with -32602 when one is a declared argument in another spelling
   */
  assertSpelled({ id, method, params = {} }: JsonRpcRequest): void {
    const schema = this.schemas.get(keyOf(method, String(params['name'])));
    const proper = schema && misspelled(params['arguments'], schema);
    if (proper === undefined) return;
    throw new GatewayError(
      400,
      INVALID_PARAMS,
      `Invalid params: an argument is spelled otherwise than ${JSON.stringify(proper)}, which is declared`,
      id,
    );
  }
}

const keyOf = (method: string, name: string): string => JSON.stringify([method, name]);

function promptSchema(names: unknown): Fields {
  const declared = Array.isArray(names) ? (names as unknown[]).filter(isObject) : [];
  return { properties: Object.fromEntries(declared.map(({ name }) => [String(name), {}])) };
}
