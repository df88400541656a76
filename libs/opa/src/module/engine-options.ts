import { withoutCredential } from '../contracts/index.js';
import type { OpaModuleOptions } from './options.js';

/** The default address of OPA. */
export const DEFAULT_URL = 'http://127.0.0.1:8181';

const DATA_API = /\/v1\/data(?:\/.*)?$/;

/** Describes the problems of the options that select the engine. */
export function engineProblems(options: OpaModuleOptions): string[] {
  const { url, bundle, engine, onUnavailable } = options;
  return [
    ...(engine !== undefined && (url !== undefined || bundle !== undefined)
      ? ['option "engine" was given beside "url" or "bundle"; give one or the other']
      : []),
    ...(onUnavailable === 'bundle' && (bundle === undefined || url === undefined)
      ? ['option "onUnavailable" is "bundle" without both "url" and "bundle"; give both']
      : []),
    ...[url ?? []].flat().filter(namesDataApi).map(withDataApi),
    ...unsetProblems(options),
  ];
}

function namesDataApi(address: string): boolean {
  return DATA_API.test(address);
}

function withDataApi(address: string): string {
  const [given, fixed] = [address, address.replace(DATA_API, '')].map(withoutCredential);
  return `option "url" was given "${given}", but "/v1/data" and the policy's path are added to it; give "${fixed}"`;
}

// An option with the value undefined often comes from an unset environment variable. The module must not silently use
// the default address then.
function unsetProblems(options: OpaModuleOptions): string[] {
  const { url, bundle, engine } = options;
  if (url !== undefined || bundle !== undefined || engine !== undefined) return [];
  return (['url', 'bundle'] as const)
    .filter((name) => Object.hasOwn(options, name))
    .map(
      (name) =>
        `option "${name}" was given undefined, and nothing else names the engine; ` +
        `set it, or leave it out for ${DEFAULT_URL}`,
    );
}
