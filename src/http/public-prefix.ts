import { ROOTS } from '../config/index.js';

/**
 * Makes a function that removes the path prefix of the public URL from a request target. A proxy in front of the gateway
 * may keep the prefix or remove it. The function leaves a target unchanged unless a route of the gateway follows the
 * prefix.
 *
 * @param prefix - the path of the public URL, without a slash at its end; empty without a path
 */
export function withoutPrefix(prefix: string): (target: string) => string {
  if (prefix === '') return (target) => target;
  const starts = ROOTS.map((root) => `${prefix}/${root}/`);
  return (target) =>
    starts.some((start) => target.startsWith(start)) ? target.slice(prefix.length) : target;
}
