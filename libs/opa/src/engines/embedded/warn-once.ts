/** Paths can come from requests: no more of them than these are remembered. */
const MAX_PATHS = 1_000;

/** Warns once about each path, as far as the paths are remembered. */
export class WarnOnce {
  readonly #warned = new Set<string>();

  constructor(private readonly warn: (path: string) => void) {}

  about(path: string): void {
    if (this.#warned.has(path)) return;
    if (this.#warned.size >= MAX_PATHS) this.#warned.clear();
    this.#warned.add(path);
    this.warn(path);
  }
}
