/**
 * The value below which a share of the sorted values lies; `NaN` when there are none.
 *
 * @param {readonly number[]} sorted
 * @param {number} share - 0 to 1
 */
export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/**
 * The middle value of an odd number of values.
 *
 * @param {readonly number[]} values
 */
export function median(values) {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/**
 * The median of each figure over some rounds.
 *
 * @param {readonly import('./measure.mjs').Measurement[]} rounds
 * @returns {import('./measure.mjs').Measurement}
 */
export function medians(rounds) {
  const figures = Object.keys(rounds[0]);
  return Object.fromEntries(figures.map((figure) => [figure, median(rounds.map((round) => round[figure]))]));
}
