export { Drain } from './drain.js';
export { createAdapter } from './fastify.js';
export { removeHopByHop } from './hop-by-hop.js';
