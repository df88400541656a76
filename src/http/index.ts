export { Drain } from './drain.js';
export { createAdapter } from './fastify.js';
export type { ForwardedRequest } from './proxy-headers.js';
export { readTls, watchTls } from './tls-files.js';
export { UntrustedHeaders } from './untrusted-headers.js';
export { upgradeOf } from './upgrades.js';
