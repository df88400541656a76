import type { PolicyEngine } from '../contracts/index.js';

/** The options of `createEmbeddedEngine`. */
export interface EmbeddedEngineOptions {
  /** The path of a bundle's file, or its http(s) URL. */
  readonly bundle: string;
  /** Policy paths that the bundle must contain. Default: none. */
  readonly entrypoints?: readonly string[] | undefined;
  /**
   * The size of the largest packed bundle, in bytes. The unpacked bundle may be eight times as large.
   *
   * @defaultValue 67,108,864 (64 MiB)
   */
  readonly maxBytes?: number | undefined;
}

/**
 * An engine that evaluates the policies of a bundle in this process.
 *
 * @remarks An evaluation blocks the event loop until it ends. At its deadline it fails with `OPA_TIMEOUT`.
 */
export interface EmbeddedEngine extends PolicyEngine {
  readonly name: 'embedded';
  /** Tells whether the bundle has a rule or package at a path; `undefined` for a path below a rule. */
  defines(path: string): Promise<boolean | undefined>;
  /** Releases the policy and its data. Every later evaluation fails with `OPA_CLOSED`. */
  close(): void;
}
