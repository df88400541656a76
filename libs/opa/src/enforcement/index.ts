export { handlerName } from './denial-log.js';
export * from './enforcement.js';
export * from './input-providers.js';
export * from './interceptor-order.js';
export * from './locator.js';
export * from './obligations/index.js';
export * from './refusals.js';
export * from './refused.js';
export * from './tokens.js';
