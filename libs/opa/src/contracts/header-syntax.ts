const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Tells whether a value can be the name of a header. */
export function isHeaderName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

/** Tells whether a value can be the value of a header. */
export function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && VALUE.test(value);
}
