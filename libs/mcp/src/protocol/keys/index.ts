export { foldCase } from './fold-case.js';
export { wrongKey } from './wrong-key.js';
