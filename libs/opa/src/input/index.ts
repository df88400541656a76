export type { Call } from './call.js';
export * from './headers.js';
export * from './http-request.js';
export * from './input-builder.js';
export * from './input.options.js';
export * from './kind.js';
export type { Input } from './shapes.js';
