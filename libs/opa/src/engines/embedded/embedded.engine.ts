import { Logger } from '@nestjs/common';
import { blameLargeInput, inputJson, OpaError } from '../../contracts/index.js';
import type {
  EngineAnswer,
  EvaluateOptions,
  MaybePromise,
  PolicyEngine,
  Query,
} from '../../contracts/index.js';
import { loadBundle } from './bundle.js';
import type { LoadBundleOptions } from './bundle.js';
import { badBundle, describeFailure } from './errors.js';
import { encodeInput } from './input.js';
import { loadPolicy } from './policy.js';
import type { Policy } from './policy.js';
import { Routes, walk } from './routes.js';

const UNDEFINED: EngineAnswer = Object.freeze({});

/** What {@link createEmbeddedEngine} takes. */
export interface EmbeddedEngineOptions extends LoadBundleOptions {
  /** The path of a bundle's file, or its http(s) URL. */
  readonly bundle: string;
  /** Policy paths that the bundle must be able to answer. Default: none. */
  readonly entrypoints?: readonly string[] | undefined;
}

/**
 * Answers from a Wasm policy inside the process.
 *
 * @remarks
 * - Evaluation is synchronous. The deadline and the signal are looked at before it starts; **a timeout can't
 *   interrupt it**, and a policy that loops holds the event loop.
 * - A path that isn't an entrypoint is answered by the longest entrypoint that covers it (`gateway` for
 *   `gateway/orders/allow`), walking down the objects of its document; an error in any rule of it fails the whole.
 * - Wasm writes a set as an array in no particular order; a remote OPA sorts it.
 * - Builtins that OPA doesn't compile into the policy are JavaScript and get their arguments as JSON: a set arrives as
 *   an array. `sprintf`, `regex.split` and `yaml.*` are opa-wasm's own and not in all corners as OPA's.
 */
export class EmbeddedEngine implements PolicyEngine {
  readonly name = 'embedded';
  #policy: Policy | undefined;
  readonly #routes: Routes;

  /** @internal Use {@link createEmbeddedEngine}. */
  constructor(policy: Policy, source: string) {
    const logger = new Logger(EmbeddedEngine.name);
    this.#policy = policy;
    this.#routes = new Routes(policy.entrypoints, (path) =>
      logger.warn(
        `No entrypoint of the bundle ${source} covers the policy path "${path}", so it is undefined. ${listed(policy)}`,
      ),
    );
  }

  /**
   * Evaluates a policy, without a pause.
   *
   * @throws OpaError `OPA_CLOSED`, `OPA_ABORTED`, `OPA_TIMEOUT` (before it started), `OPA_BAD_INPUT`, or
   * `OPA_POLICY_ERROR` when the policy failed
   */
  async evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    return this.evaluateNow(query, options);
  }

  /** @internal */
  evaluateNow(query: Query, { deadline, signal }: EvaluateOptions): MaybePromise<EngineAnswer> {
    const policy = this.#policy;
    if (policy === undefined) throw new OpaError('OPA_CLOSED', 'The embedded engine is closed.');
    if (signal?.aborted === true) {
      throw new OpaError('OPA_ABORTED', `The evaluation of "${query.policy}" was aborted.`, {
        cause: signal.reason,
      });
    }
    if (performance.now() >= deadline) {
      const late = new OpaError('OPA_TIMEOUT', `The deadline passed before "${query.policy}" was evaluated.`);
      throw blameLargeInput(late, query);
    }
    const input = encodeInput(query.json ?? inputJson(query.input));
    const route = this.#routes.find(query.policy);
    if (route === undefined) return UNDEFINED;

    const document = first(policy, route.entrypoint, input, query.policy);
    const result = walk(document, route.keys);
    return result === undefined ? UNDEFINED : { result };
  }

  /** Knows its entrypoints; what lies below one, no more than that the entrypoint is there. */
  defines(policy: string): Promise<boolean | undefined> {
    const route = this.#routes.covering(policy);
    return Promise.resolve(route === undefined ? false : route.keys.length === 0 ? true : undefined);
  }

  /** Lets go of the policy and its memory; every evaluation after it is `OPA_CLOSED`. */
  close(): void {
    this.#policy = undefined;
  }
}

/**
 * Loads a bundle and makes an engine of it.
 *
 * @example
 * ```ts
 * const engine = await createEmbeddedEngine({ bundle: 'policies/bundle.tar.gz' });
 * ```
 *
 * @throws OpaError `OPA_BAD_BUNDLE` when the bundle can't be used: it can't be read, is corrupt, has no policy or one of
 * another ABI, needs a builtin that is missing here, or doesn't cover one of `entrypoints`
 */
export async function createEmbeddedEngine(options: EmbeddedEngineOptions): Promise<EmbeddedEngine> {
  const bundle = await loadBundle(options.bundle, options);
  const policy = await loadPolicy(bundle);
  const routes = new Routes(policy.entrypoints, () => undefined);
  const absent = (options.entrypoints ?? []).filter((path) => routes.covering(path) === undefined);
  if (absent.length > 0) {
    throw badBundle(bundle.source, `has no entrypoint for ${absent.join(', ')}. ${listed(policy)}`);
  }
  return new EmbeddedEngine(policy, bundle.source);
}

function listed(policy: Policy): string {
  return `Its entrypoints: ${[...policy.entrypoints.keys()].toSorted().join(', ')}. Add others with "opa build -e PATH".`;
}

/** The result set's only document; `undefined` for the empty set. */
function first(policy: Policy, entrypoint: number, input: ArrayBuffer | undefined, path: string): unknown {
  let results: unknown;
  try {
    results = policy.evaluate(input, entrypoint);
  } catch (thrown) {
    // Without the cause, which the log would tell: a builtin's error may quote the input.
    throw new OpaError('OPA_POLICY_ERROR', `The policy "${path}" failed: ${describeFailure(thrown)}`);
  }
  if (!Array.isArray(results)) {
    throw new OpaError('OPA_POLICY_ERROR', `The policy "${path}" gave no result set.`);
  }
  return (results as { result?: unknown }[])[0]?.result;
}
