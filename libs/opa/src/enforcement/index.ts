export * from './enforcement.js';
export * from './http.js';
export * from './locator.js';
export * from './obligations/index.js';
export type { EnforcementPoint } from './point.js';
export * from './points.js';
export * from './refused.js';
export type { HttpReply } from './reply.js';
export * from './tokens.js';
