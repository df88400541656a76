export type { OpaModuleExtras, OpaOptionsFactory } from './opa.module-definition.js';
export { getOpaToken, InjectOpa, OpaModule } from './opa.module.js';
export type { OpaProvided } from './opa.module.js';
export type * from './options.js';
