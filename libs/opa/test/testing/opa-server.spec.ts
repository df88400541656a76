import { describe, expect, it } from '@jest/globals';
import { startOpa } from 'nestjs-opa/testing';

describe('startOpa, when OPA does not start', () => {
  it('names the missing program and OPA_BIN', async () => {
    await expect(startOpa({ rego: 'package orders', binary: 'no-such-opa' })).rejects.toMatchObject({
      code: 'OPA_UNREACHABLE',
      message: expect.stringMatching(/"no-such-opa" cannot be run .*ENOENT.*OPA_BIN/),
    });
  });

  it('shows the error in a policy, with its file and line', async () => {
    const rego = 'package orders\n\nread := ';
    await expect(startOpa({ rego })).rejects.toThrow(/policy\.rego:3: rego_parse_error/);
  });
});
