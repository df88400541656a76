import type { Builtins } from './builtin.js';
import { crypto } from './crypto.js';
import { encoding } from './encoding.js';
import { jsonPatch } from './json-patch.js';
import { jwtDecode } from './jwt.js';
import { objectSubset } from './object-subset.js';
import { regex } from './regex.js';
import { semver } from './semver.js';
import { strings } from './strings.js';
import { time } from './time.js';
import { urlQuery } from './url-query.js';

export type { Builtin, Builtins } from './builtin.js';

/**
 * The builtins that OPA doesn't compile into a Wasm policy and opa-wasm hasn't either, as far as they are pure and
 * could be made to answer as OPA does.
 *
 * @param now - the evaluation's time in milliseconds since 1970, the same for the whole evaluation
 */
export function createBuiltins(now: () => number): Builtins {
  return {
    ...crypto,
    ...encoding,
    ...regex,
    ...semver,
    ...strings,
    ...urlQuery,
    ...time(now),
    'io.jwt.decode': jwtDecode,
    'json.patch': jsonPatch,
    'object.subset': objectSubset,
  };
}
