/** Undoes what a test has set up, the last thing first. */
export class Cleanup {
  private readonly steps: (() => unknown)[] = [];

  /** Remembers how to undo something, and gives the thing back. */
  add<T>(thing: T, undo: (thing: T) => unknown): T {
    this.steps.push(() => undo(thing));
    return thing;
  }

  async run(): Promise<void> {
    for (const step of this.steps.splice(0).reverse()) await step();
  }
}
