import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Section - the results of one part of the benchmark
 * @property {string[]} tables
 * @property {import('./goals.mjs').Goal[]} goals
 * @property {object} rounds - the figures behind them
 */

/**
 * A table as text: the first column to the left, the others to the right.
 *
 * @param {string} title
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} lines
 */
export function table(title, head, lines) {
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map((line) => line[i].length)));
  const text = [head, widths.map((width) => '-'.repeat(width)), ...lines].map((line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
  return [title, ...text].join('\n');
}

/**
 * The table of the goals.
 *
 * @param {readonly import('./goals.mjs').Goal[]} goals
 */
export function goalTable(goals) {
  const lines = goals.map(({ what, figure, goal, met }) => [
    what,
    figure.toFixed(figure < 10 ? 2 : figure < 100 ? 1 : 0),
    goal,
    met ? 'met' : 'NOT MET',
  ]);
  return table('Goals', ['what', 'figure', 'goal', ''], lines);
}

/**
 * Writes the whole run beside the benchmark, and returns the file's path.
 *
 * @param {object} run
 */
export function save(run) {
  const folder = join(import.meta.dirname, '..', 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${run.date.replaceAll(':', '-')}.json`);
  const short = (_key, value) => (typeof value === 'number' ? Number(value.toFixed(3)) : value);
  writeFileSync(file, `${JSON.stringify(run, short, 2)}\n`);
  return file;
}
