export { readBundle } from './bundle.js';
