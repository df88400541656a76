import { expect, it } from '@jest/globals';
import { failureOf } from '../../src/transport/failure.js';
import { parseOrigin } from '../../src/transport/origin.js';

const failed = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });
const both = (...codes: string[]): Error =>
  Object.assign(new AggregateError(codes.map(failed)), { code: codes[0] });

// As Node fails where this process has used up its ports, which can't be brought about here.
it.each([
  ['no port is left', failed('EADDRNOTAVAIL'), 'OPA_OVERLOADED'],
  ['none is left to any of its addresses', both('EADDRNOTAVAIL', 'EADDRNOTAVAIL'), 'OPA_OVERLOADED'],
  ['nobody listens, and there is no IPv6', both('EADDRNOTAVAIL', 'ECONNREFUSED'), 'OPA_UNREACHABLE'],
  ['nobody listens', both('ECONNREFUSED', 'ECONNREFUSED'), 'OPA_UNREACHABLE'],
])('%s', (_what, error, code) => {
  const failure = failureOf(error, parseOrigin('http://localhost:8181'));
  expect(failure).toMatchObject({ code, cause: error });
});
