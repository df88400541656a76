/** Who calls when nobody has been authenticated. */
export const ANONYMOUS = Object.freeze({ type: 'anonymous' });
