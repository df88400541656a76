export { Drain } from './drain.js';
export { createAdapter } from './fastify.js';
export { UntrustedHeaders } from './untrusted-headers.js';
