import { fileURLToPath } from 'node:url';

/** A path in this project; both `src/` and `dist/` lie one level below it. */
export const inProject = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
