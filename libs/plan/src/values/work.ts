/** What is asked whether work may go on. */
export interface Clock {
  /** Grants more steps, or throws when the deadline is over. */
  tick(): void;
}

/** The work of the evaluation that runs: JavaScript runs one at a time. Only an evaluation sets it. */
export const work: { steps: number; clock: Clock } = {
  /** The steps that are left until the next look at the clock. */
  steps: Infinity,
  clock: { tick: () => undefined },
};

/** Takes steps: about as many as elements are visited. Throws when the deadline of the evaluation is over. */
export function spend(steps: number): void {
  if ((work.steps -= steps) < 0) work.clock.tick();
}
