export * from './enforcement.js';
export * from './http.js';
export * from './locator.js';
export * from './tokens.js';
