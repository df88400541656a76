/**
 * @typedef {object} Goal
 * @property {string} what
 * @property {number} figure - the measured value
 * @property {string} goal
 * @property {boolean} met
 */

/**
 * A figure that must not be above a limit.
 *
 * @param {string} what
 * @param {number} figure
 * @param {number} limit
 * @param {string} [unit]
 * @returns {Goal}
 */
export function atMost(what, figure, limit, unit = '') {
  return { what, figure, goal: `≤ ${limit.toLocaleString('en')}${unit}`, met: figure <= limit };
}

/**
 * A figure that must not be below a limit.
 *
 * @param {string} what
 * @param {number} figure
 * @param {number} limit
 * @returns {Goal}
 */
export function atLeast(what, figure, limit) {
  return { what, figure, goal: `≥ ${limit}`, met: figure >= limit };
}
