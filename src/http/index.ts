export { Drain } from './drain.js';
export { createAdapter } from './fastify.js';
export { isHopByHop, removeHopByHop } from './hop-by-hop.js';
export { removeUntrusted, UntrustedHeaders } from './untrusted-headers.js';
