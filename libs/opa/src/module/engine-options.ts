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
      ? ['option "engine" was given together with "url" or "bundle"; give only one of them']
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
  const [current, fixed] = [address, address.replace(DATA_API, '')].map(withoutCredential);
  return `option "url" was given "${current}", but the module adds "/v1/data" and the policy path to it; give "${fixed}"`;
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
        `option "${name}" is undefined, and no other option names an engine; ` +
        `set "${name}", or leave it out to use ${DEFAULT_URL}`,
    );
}
