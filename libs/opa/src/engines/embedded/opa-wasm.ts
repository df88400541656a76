import type { Builtin } from './builtins/index.js';
import { OpaError } from '../../contracts/index.js';

/** What is used of a compiled Wasm module. */
export type WasmModule = object;

/** What is used of the WebAssembly global, which Node has and TypeScript types only for browsers. */
export interface WasmApi {
  compile(bytes: Uint8Array): Promise<WasmModule>;
  readonly Module: { exports(module: WasmModule): { name: string }[] };
}

/** What is used of opa-wasm's `LoadedPolicy`. */
export interface LoadedPolicy {
  readonly entrypoints: Readonly<Record<string, number>>;
  readonly mem: { readonly buffer: ArrayBuffer };
  readonly wasmInstance: {
    readonly exports: { builtins(): number; opa_json_dump(address: number): number };
  };
  evaluate(input: ArrayBuffer | undefined, entrypoint: number): unknown;
  setData(data: ArrayBuffer): void;
}

/** What is used of `@open-policy-agent/opa-wasm`. */
export interface OpaWasm {
  readonly loadPolicySync: (
    module: WasmModule,
    memory: { initial: number },
    builtins: Readonly<Record<string, Builtin>>,
  ) => LoadedPolicy;
}

/** The builtins that opa-wasm 1.10 has itself, beside those that OPA compiles into the policy. */
export const OPA_WASM_BUILTINS: ReadonlySet<string> = new Set([
  'json.is_valid',
  'regex.split',
  'sprintf',
  'yaml.is_valid',
  'yaml.marshal',
  'yaml.unmarshal',
]);

/**
 * Loads the optional peer.
 *
 * @throws OpaError `OPA_BAD_BUNDLE` when it isn't installed
 */
export async function importOpaWasm(): Promise<OpaWasm> {
  try {
    const module: unknown = await import('@open-policy-agent/opa-wasm');
    return (module as { default: OpaWasm }).default;
  } catch (cause) {
    throw new OpaError(
      'OPA_BAD_BUNDLE',
      "A Wasm bundle needs the package @open-policy-agent/opa-wasm, which can't be loaded. " +
        'Install it: npm install @open-policy-agent/opa-wasm@1',
      { cause },
    );
  }
}

/** The names of the builtins that a policy calls and doesn't bring along. */
export function requiredBuiltins({ mem, wasmInstance }: LoadedPolicy): string[] {
  const start = wasmInstance.exports.opa_json_dump(wasmInstance.exports.builtins());
  const memory = new Uint8Array(mem.buffer);
  const text = new TextDecoder().decode(memory.subarray(start, memory.indexOf(0, start)));
  return Object.keys(JSON.parse(text) as object);
}
