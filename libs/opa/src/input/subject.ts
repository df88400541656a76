/** The subject of a request without an authenticated user. */
export const ANONYMOUS = Object.freeze({ type: 'anonymous' });
