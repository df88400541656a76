import { afterEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { OpaModule, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { Test } from '@nestjs/testing';

afterEach(() => {
  jest.restoreAllMocks();
});

it.each([
  ['orders/read', undefined],
  ['data/orders/read', 'orders/read'],
  ['data.orders.read', 'orders/read'],
  ['orders.read', 'orders/read'],
  ['orders/v1.read', undefined],
  ['data', undefined],
])(
  'the warning about %s, which is undefined, mentions `default` rules and the intended path',
  async (policy, meant) => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ engine: new TestEngine(), audit: false })],
    }).compile();
    const opa = module.get(OpaService);
    const decisions = [await opa.decide({ policy, input: {} }), await opa.decide({ policy, input: {} })];
    expect(decisions.map(({ outcome }) => outcome)).toEqual(['undefined', 'undefined']);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('a rule without "default" did not hold')]]);
    const [[line] = []] = warn.mock.calls;
    if (meant === undefined) expect(line).not.toContain('relative to "data"');
    else expect(line).toContain(`write "${meant}"`);
    await module.close();
  },
);
