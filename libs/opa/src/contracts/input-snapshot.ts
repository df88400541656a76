import { BaseEngine } from './base-engine.js';
import type { PolicyEngine, Query } from './engine.js';
import { inputJson } from './input-json.js';
import { exceeds } from './input-size.js';
import type { PlainCopy } from './plain-copy.js';
import { plainCopyOf } from './plain-copy.js';

/**
 * The input of a decision as it was when the decision began. Later changes of the request do not change the snapshot.
 *
 * @remarks A snapshot holds the input's JSON, or a copy of a small and plain input. The snapshot of a copy writes JSON only
 * when something reads it: the embedded engine never does.
 */
export class InputSnapshot {
  private constructor(
    private readonly copy: PlainCopy | undefined,
    private text: string | undefined,
  ) {}

  /**
   * Makes a snapshot with a copy, if the input is small and plain.
   *
   * @throws OpaError `OPA_BAD_INPUT`, as `inputJson`
   */
  static of(input: unknown): InputSnapshot {
    const copy = plainCopyOf(input);
    return copy === undefined ? InputSnapshot.written(input) : new InputSnapshot(copy, undefined);
  }

  /**
   * Makes a snapshot with JSON. This costs less where something reads the JSON.
   *
   * @throws OpaError `OPA_BAD_INPUT`, as `inputJson`
   */
  static written(input: unknown): InputSnapshot {
    return new InputSnapshot(undefined, inputJson(input));
  }

  static ofJson(json: string): InputSnapshot {
    return new InputSnapshot(undefined, json);
  }

  /** The input as JSON; an empty text stands for no input at all (`undefined`). */
  get json(): string {
    return (this.text ??= JSON.stringify(this.copy?.value));
  }

  /**
   * Gives the input as a value, which the caller must not change.
   *
   * @param parse - reads the JSON of a snapshot that has no copy
   */
  read(parse: (json: string) => unknown): unknown {
    if (this.copy !== undefined) return this.copy.value;
    return this.json === '' ? undefined : parse(this.json);
  }

  /** Tells whether the input's JSON is longer than a number of bytes of UTF-8. */
  exceeds(bytes: number): boolean {
    return (this.copy === undefined || this.copy.maxBytes > bytes) && exceeds(this.json, bytes);
  }
}

/** Gives the function that makes the snapshots of inputs, in the form that costs an engine least. */
export function snapshotsFor(engine: PolicyEngine): (input: unknown) => InputSnapshot {
  return engine instanceof BaseEngine && !engine.readsJson
    ? (input) => InputSnapshot.of(input)
    : (input) => InputSnapshot.written(input);
}

/** A query of `OpaService`. */
export class SnapshotQuery implements Query {
  constructor(
    readonly policy: string,
    readonly input: unknown,
    readonly snapshot: InputSnapshot,
  ) {}

  get json(): string {
    return this.snapshot.json;
  }
}

/**
 * Gives the snapshot of a query's input. A query that `OpaService` did not make has none yet.
 *
 * @throws OpaError `OPA_BAD_INPUT`, as `inputJson`
 */
export function snapshotOf(query: Query): InputSnapshot {
  if (query instanceof SnapshotQuery) return query.snapshot;
  return query.json === undefined ? InputSnapshot.of(query.input) : InputSnapshot.ofJson(query.json);
}
