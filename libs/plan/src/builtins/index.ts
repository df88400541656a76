import { aggregates } from './aggregates.js';
import { arithmetic } from './arithmetic.js';
import { arrays } from './arrays.js';
import { bits } from './bits.js';
import type { Builtins } from './builtin.js';
import { casts } from './casts.js';
import { comparison } from './comparison.js';
import { crypto } from './crypto.js';
import { encoding } from './encoding.js';
import { glob } from './glob.js';
import { graph } from './graph.js';
import { graphql } from './graphql/index.js';
import { isGraphqlInstalled } from './graphql/peer.js';
import { internal } from './internal.js';
import { json } from './json.js';
import { jwt } from './jwt/index.js';
import { jsonPatch } from './json-patch.js';
import { jsonPaths } from './json-paths.js';
import { jsonSchema } from './json-schema/index.js';
import { net } from './net.js';
import { numbers } from './numbers.js';
import { objects } from './objects.js';
import { regex } from './regex.js';
import { semver } from './semver.js';
import { sets } from './sets.js';
import { sprintf } from './sprintf.js';
import { strings } from './strings.js';
import { stringsChange } from './strings-change.js';
import { template } from './template/index.js';
import { time } from './time.js';
import { types } from './types.js';
import { units } from './units.js';
import { uri } from './uri.js';
import { uuid } from './uuid.js';
import { walk } from './walk.js';
import { x509 } from './x509/index.js';
import { yaml } from './yaml/index.js';

export { BuiltinError } from './builtin.js';
export type { Builtin, BuiltinContext, Builtins } from './builtin.js';

/**
 * Builtins that need the network or OPA's compiler. A plan that uses one of these builtins loads only if the caller
 * supplies that builtin.
 */
export const unsupportedBuiltins: readonly string[] = [
  'http.send',
  'net.lookup_ip_addr',
  'providers.aws.sign_req',
  'rego.parse_module',
];

/** Every builtin that this package has. The builtins `graphql.*` need the optional peer `graphql`. */
export const builtins: Builtins = {
  ...aggregates,
  ...arithmetic,
  ...arrays,
  ...bits,
  ...casts,
  ...comparison,
  ...crypto,
  ...encoding,
  ...glob,
  ...graph,
  ...(isGraphqlInstalled ? graphql : {}),
  ...internal,
  ...json,
  ...jsonPatch,
  ...jsonPaths,
  ...jsonSchema,
  ...jwt,
  ...net,
  ...numbers,
  ...objects,
  ...regex,
  ...semver,
  ...sets,
  ...sprintf,
  ...strings,
  ...stringsChange,
  ...template,
  ...time,
  ...types,
  ...units,
  ...uri,
  ...uuid,
  ...walk,
  ...x509,
  ...yaml,
};
