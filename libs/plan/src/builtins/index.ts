import type { Builtins } from './builtin.js';

export { BuiltinError } from './builtin.js';
export type { Builtin, BuiltinContext, Builtins } from './builtin.js';

/** Every builtin that this package has. */
export const builtins: Builtins = {};
