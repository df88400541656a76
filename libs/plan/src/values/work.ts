/** Decides whether an evaluation may go on. */
export interface Clock {
  /** Allows more steps. Throws after the deadline. */
  tick(): void;
}

/**
 * The step counter of the running evaluation. JavaScript runs one evaluation at a time. Only an evaluation sets the
 * counter.
 */
export const work: { steps: number; clock: Clock } = {
  /** The remaining steps until the next check of the clock. */
  steps: Infinity,
  clock: { tick: () => undefined },
};

/** Uses steps: about one for each visited element. Throws after the deadline of the evaluation. */
export function spend(steps: number): void {
  if ((work.steps -= steps) < 0) work.clock.tick();
}
