/** Where a policy path's answer is found. */
export interface Route {
  /** The entrypoint's number. */
  readonly entrypoint: number;
  /** The keys that lead from the entrypoint's document to the answer. */
  readonly keys: readonly string[];
}

/** Paths can come from requests, so what is remembered of them is bounded. */
const MAX_PATHS = 1_000;

/** Finds the entrypoint for a policy path: its own, or the longest that covers it. */
export class Routes {
  readonly #known = new Map<string, Route | undefined>();

  /** @param onUncovered - told once a path that no entrypoint covers it */
  constructor(
    private readonly entrypoints: ReadonlyMap<string, number>,
    private readonly onUncovered: (path: string) => void,
  ) {}

  /** Gives `undefined` when no entrypoint covers the path. */
  find(path: string): Route | undefined {
    const known = this.#known.get(path);
    if (known !== undefined || this.#known.has(path)) return known;

    const route = this.covering(path);
    if (route === undefined) this.onUncovered(path);
    if (this.#known.size >= MAX_PATHS) this.#known.clear();
    this.#known.set(path, route);
    return route;
  }

  /** As {@link find}, without remembering or telling. */
  covering(path: string): Route | undefined {
    const segments = path.split('/');
    for (let length = segments.length; length > 0; length--) {
      const entrypoint = this.entrypoints.get(segments.slice(0, length).join('/'));
      if (entrypoint !== undefined) return { entrypoint, keys: segments.slice(length) };
    }
    return undefined;
  }
}

/** Walks down a document; a missing key, or a value that isn't an object, gives `undefined`. */
export function walk(document: unknown, keys: readonly string[]): unknown {
  let value = document;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    if (!Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
