import type { Bundle } from './bundle.js';
import { createBuiltins } from './builtins/index.js';
import type { Builtins } from './builtins/index.js';
import { badBundle, describe } from './errors.js';
import { importOpaWasm, OPA_WASM_BUILTINS, requiredBuiltins } from './opa-wasm.js';
import type { LoadedPolicy, WasmApi } from './opa-wasm.js';

declare const WebAssembly: WasmApi;

const PAGE_BYTES = 64 * 1024;
const MAX_PAGES = 65_536;
/** Linear memory per byte of data, measured at about 13; loading is several times as fast when it is sized first. */
const MEMORY_PER_DATA_BYTE = 15;
const SPARE_PAGES = 32;
/**
 * A failed evaluation leaves its frames on the Wasm module's own stack for good: after 508 rule conflicts (measured)
 * every evaluation failed. The instance is replaced long before.
 */
const MAX_FAILURES = 64;

/** A policy that is ready to be evaluated. */
export interface Policy {
  /** Entrypoints by name, each with its number. */
  readonly entrypoints: ReadonlyMap<string, number>;
  /** Gives opa-wasm's result set: empty when the policy is undefined. Throws whatever opa-wasm throws. */
  evaluate(input: ArrayBuffer | undefined, entrypoint: number): unknown;
}

/**
 * Compiles a bundle's policy, checks that this engine can evaluate it, and loads the data.
 *
 * @throws OpaError `OPA_BAD_BUNDLE` that names what is wrong or missing
 */
export async function loadPolicy(bundle: Bundle): Promise<Policy> {
  const { source, wasm } = bundle;
  const { loadPolicySync } = await importOpaWasm();
  const module = await WebAssembly.compile(wasm).catch((cause: unknown) => {
    throw badBundle(source, `has a policy.wasm that is not WebAssembly: ${describe(cause)}`, cause);
  });
  const exported = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  if (!exported.has('opa_wasm_abi_version') || !exported.has('opa_wasm_abi_minor_version')) {
    throw badBundle(source, 'has a policy.wasm that names no Wasm ABI version: it is not a policy from OPA.');
  }

  const clock: { now: number | undefined } = { now: undefined };
  const builtins = createBuiltins(() => (clock.now ??= Date.now()));
  const data = toArrayBuffer(bundle.data);
  const pages = (wasm.byteLength + data.byteLength * MEMORY_PER_DATA_BYTE) / PAGE_BYTES;
  const initial = Math.min(Math.ceil(pages) + SPARE_PAGES, MAX_PAGES);
  const instantiate = (): LoadedPolicy => loadPolicySync(module, { initial }, builtins);

  let current: LoadedPolicy;
  try {
    current = instantiate();
  } catch (cause) {
    throw badBundle(
      source,
      `has a policy.wasm that this engine can't run (it needs Wasm ABI 1.x): ${describe(cause)}`,
      cause,
    );
  }
  assertBuiltins(source, current, builtins);
  try {
    current.setData(data);
  } catch (cause) {
    throw badBundle(source, `has data that OPA's Wasm can't read: ${describe(cause)}`, cause);
  }

  let failures = 0;
  return {
    entrypoints: new Map(Object.entries(current.entrypoints)),
    evaluate(input, entrypoint) {
      if (failures >= MAX_FAILURES) {
        current = instantiate();
        current.setData(data);
        failures = 0;
      }
      clock.now = undefined;
      try {
        return current.evaluate(input, entrypoint);
      } catch (error) {
        failures += 1;
        throw error;
      }
    },
  };
}

function assertBuiltins(source: string, policy: LoadedPolicy, supplied: Builtins): void {
  const missing = requiredBuiltins(policy).filter(
    (name) => !OPA_WASM_BUILTINS.has(name) && !Object.hasOwn(supplied, name),
  );
  if (missing.length === 0) return;
  throw badBundle(
    source,
    `needs builtins that the embedded engine doesn't have: ${missing.toSorted().join(', ')}. ` +
      'Take them out of the policy, or ask a remote OPA.',
  );
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
