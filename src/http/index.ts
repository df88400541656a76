export { Drain } from './drain.js';
export { createAdapter } from './fastify.js';
export { isHopByHop, removeHopByHop } from './hop-by-hop.js';
export { isUntrusted } from './untrusted-headers.js';
