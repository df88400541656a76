export type { OpaModuleExtras, OpaOptionsFactory } from './opa.module-definition.js';
export { getOpaToken, InjectOpa, OpaModule } from './opa.module.js';
export type { OpaProvided } from './opa.module.js';
export type * from './options.js';
export { describeProblem } from './option-problems.js';
export { tlsSource } from './tls.js';
export { OpaRuntime } from './runtime.js';
export { createInstance } from './service-of.js';
