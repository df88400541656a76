import { fileURLToPath } from 'node:url';

/** The absolute path of a file of this project. `demo/src` and `demo/dist` both lie two levels below the project's folder. */
export const inProject = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
