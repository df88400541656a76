import { expect, it } from '@jest/globals';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaError, OpaModule } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { CODES } from './codes.js';
import type { ContextDriver } from './driver.js';
import { DETAIL } from './failures.js';

/**
 * Tests the error of a rate limit on one kind of context. Call it inside a `describe`.
 *
 * @param driver - the row of the suite
 */
export function testRateLimit(driver: ContextDriver): void {
  it('refuses the call beyond the limit, and tells the client how long to wait', async () => {
    const limited = new OpaError('OPA_RATE_LIMITED', DETAIL, { retryAfterMs: 6_100 });
    const options: OpaModuleOptions = { engine: new TestEngine({ 'orders/remove': limited }) };
    const running = await driver.start(OpaModule.forRoot(options), () => undefined, options);
    try {
      const result = await running.call('remove', '7');
      expect(result).toMatchObject({
        error: {
          code: CODES[driver.column].RATE_LIMITED,
          message: expect.stringContaining('Too many requests'),
          retryAfter: 7,
        },
      });
      expect(JSON.stringify(result)).not.toContain(DETAIL);
    } finally {
      await running.close();
    }
  });
}
