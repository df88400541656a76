import { describe, expect, it } from '@jest/globals';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaModule } from 'nestjs-opa';
import { LimitObligation } from 'nestjs-opa/limit';
import { TestEngine } from 'nestjs-opa/testing';
import { expectLogs } from '../../../../test/support/logs.js';
import { CODES } from '../contexts/codes.js';
import type { RunningContext, CallResult } from '../contexts/driver.js';
import { order } from '../contexts/driver.js';
import { apollo, mercurius } from '../contexts/drivers/graphql.js';
import { grpc } from '../contexts/drivers/grpc.js';
import { express, fastify } from '../contexts/drivers/http.js';
import { tcp } from '../contexts/drivers/rpc.js';
import { socketIo, ws } from '../contexts/drivers/ws.js';

const limit = (properties: object) => ({ type: 'limit', properties });
const RATE = { key: 'ann', points: 2, seconds: 60 };
const passed = { result: order('7') };

describe.each([express, fastify, tcp, grpc, apollo, mercurius, ws, socketIo])(
  'the obligation "limit" on $name',
  (driver) => {
    const codes = CODES[driver.column];
    const withLimit = async (
      policies: Record<string, unknown>,
      use: (call: () => Promise<CallResult>) => Promise<void>,
      options: OpaModuleOptions = {},
    ): Promise<void> => {
      const engine = new TestEngine({ 'orders/view': true, ...policies });
      const opa = OpaModule.forRoot({ engine, ...options });
      const all = { ...opa, providers: [...(opa.providers ?? []), LimitObligation] };
      const running: RunningContext = await driver.start(all, () => undefined, {});
      try {
        await use(() => running.call('read', '7'));
      } finally {
        await running.close();
      }
    };
    const codeOf = (result: CallResult) => ('error' in result ? result.error.code : result);
    const allow = { allow: true, obligations: [limit(RATE)] };

    it('refuses the request beyond the limit, and tells the client how long to wait', async () => {
      await withLimit({ 'orders/read': allow }, async (call) => {
        expect([await call(), await call()]).toEqual([passed, passed]);
        const third = await call();
        expect(third).toMatchObject({ error: { code: codes.RATE_LIMITED } });
        const { retryAfter = 0 } = 'error' in third ? third.error : {};
        expect(retryAfter).toBeGreaterThan(0);
        expect(retryAfter).toBeLessThanOrEqual(60);
      });
    });

    it('counts a request once when the response policy has the same obligation', async () => {
      await withLimit({ 'orders/read': allow, 'orders/view': allow }, async (call) => {
        expect([await call(), await call()]).toEqual([passed, passed]);
        expect(codeOf(await call())).toBe(codes.RATE_LIMITED);
      });
    });

    it('counts a cached decision', async () => {
      const cache = { max: 10, allowTtl: 60_000, denyTtl: 60_000 };
      const cached = async (call: () => Promise<CallResult>): Promise<void> => {
        expect([await call(), await call()]).toEqual([passed, passed]);
        expect(codeOf(await call())).toBe(codes.RATE_LIMITED);
      };
      await withLimit({ 'orders/read': allow }, cached, { cache });
    });

    it('refuses no request in permissive mode', async () => {
      const always = async (call: () => Promise<CallResult>): Promise<void> => {
        for (let i = 0; i < 3; i++) expect(await call()).toEqual(passed);
      };
      await withLimit({ 'orders/read': allow }, always, { mode: 'permissive' });
    });

    it('does not change a denial', async () => {
      await withLimit({ 'orders/read': { ...allow, allow: false } }, async (call) => {
        for (let i = 0; i < 3; i++) expect(codeOf(await call())).toBe(codes.deny);
      });
    });

    it('denies the request when the obligation is malformed', async () => {
      expectLogs('[OpaObligations] The obligation "limit" of the policy "orders/read" failed');
      const malformed = { allow: true, obligations: [limit({ ...RATE, points: 0 })] };
      await withLimit({ 'orders/read': malformed }, async (call) => {
        expect(codeOf(await call())).toBe(codes.deny);
      });
    });
  },
);
