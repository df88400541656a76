export { AUTHENTICATION, AuthGuard } from './auth.guard.js';
export type { Authentication } from './auth.guard.js';
export { McpAuthGuard } from './mcp-auth.guard.js';
export { openAuthentication } from './open-authentication.js';
export { DEVELOPMENT_KID } from './key-set.js';
