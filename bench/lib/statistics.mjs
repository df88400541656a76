/**
 * The value below which a share of the values lies; `NaN` when there are none.
 *
 * @param {readonly number[]} values
 * @param {number} share - 0 to 1
 */
export function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/**
 * The middle value, or the mean of the two in the middle.
 *
 * @param {readonly number[]} values
 */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

/**
 * @template T
 * @typedef {T[][]} Rounds - what each round found: one measurement for each of a contender's processes
 */

/**
 * The median of each figure over the rounds, of which each counts with the mean of its processes: V8 compiles and collects
 * differently from one process to the next, and a user gets any of them.
 *
 * @template {Record<string, number>} T
 * @param {Rounds<T>} rounds
 * @returns {T}
 */
export function medians(rounds) {
  const figures = Object.keys(rounds[0][0]);
  return Object.fromEntries(figures.map((figure) => [figure, median(means(rounds, figure))]));
}

/**
 * How one contender compares with another: the median of the ratios in the same round, which a machine that grows slower in
 * between doesn't change.
 *
 * @template {Record<string, number>} T
 * @param {Rounds<T>} rounds
 * @param {Rounds<T>} base - as many rounds
 * @param {keyof T} figure
 */
export function ratio(rounds, base, figure) {
  const below = means(base, figure);
  return median(means(rounds, figure).map((mean, i) => mean / below[i]));
}

/**
 * The difference between two contenders: the median of the differences in each round.
 *
 * @template {Record<string, number>} T
 * @param {Rounds<T>} rounds
 * @param {Rounds<T>} base - as many rounds
 * @param {keyof T} figure
 */
export function difference(rounds, base, figure) {
  const below = means(base, figure);
  return median(means(rounds, figure).map((mean, i) => mean - below[i]));
}

/**
 * The largest value of a figure.
 *
 * @template {Record<string, number>} T
 * @param {Rounds<T>} rounds
 * @param {keyof T} figure
 */
export function highest(rounds, figure) {
  return Math.max(...rounds.flat().map((measurement) => measurement[figure]));
}

function means(rounds, figure) {
  return rounds.map(
    (round) => round.reduce((sum, measurement) => sum + measurement[figure], 0) / round.length,
  );
}
