export type { EnforcementPoint } from './adapter.js';
export { graphqlCall } from './graphql/call.js';
export * from './http/adapter.js';
export type { HttpReply } from './http/reply.js';
export * from './http/revert-reply.js';
export { httpRoutes } from './http/routes.js';
export * from './input-builder.js';
export { meta } from './metadata.js';
export * from './registry.js';
