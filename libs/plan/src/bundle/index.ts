export { readBundle } from './bundle.js';
export type { Bundle } from './bundle.js';
