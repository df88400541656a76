import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo, Server } from 'node:net';
import { OpaGuard, OpaPolicy } from 'nestjs-opa';
import { McpGatewayModule } from 'nestjs-opa-mcp';
import { Cleanup } from '../../../../test/gateway/support/cleanup.js';
import { send } from '../../../../test/gateway/support/client.js';
import { startOpa } from '../../../../test/gateway/support/opa-process.js';
import { tool } from '../../../../test/gateway/mcp/support/mcp-gateway.js';
import { reply, textResult, startScripted } from '../../../../test/gateway/mcp/support/scripted-server.js';
import type { ScriptedServer } from '../../../../test/gateway/mcp/support/scripted-server.js';
import { HEADERS, opaModule } from './support.js';

const CLIENT = '198.51.100.9';
const REGO = `package addresses
default allow := false
allow if input.request.ip == "${CLIENT}"`;

const cleanup = new Cleanup();
let opaUrl: string;
let upstream: ScriptedServer;
beforeAll(async () => {
  opaUrl = cleanup.add(await startOpa({ rego: { 'addresses.rego': REGO } }), ({ kill }) => kill()).url;
  upstream = cleanup.add(await startScripted(), ({ close }) => close());
  upstream.respond = ({ message }, response) => reply(response, textResult(message, 'found'));
});
afterAll(() => cleanup.run());

@Controller()
class OrdersController {
  @Get('orders')
  @OpaPolicy('addresses')
  list(): string {
    return 'orders';
  }
}

/** Starts an ordinary application that trusts the proxy on loopback, or none. */
async function start(platform: 'express' | 'fastify', isTrusted: boolean): Promise<number> {
  const servers = [{ name: 'up', url: `${upstream.url}/mcp`, policy: 'addresses' }];
  @Module({
    imports: [opaModule(opaUrl), McpGatewayModule.forRoot({ servers })],
    controllers: [OrdersController],
    providers: [{ provide: APP_GUARD, useClass: OpaGuard }],
  })
  class AppModule {}
  const express = new ExpressAdapter();
  if (isTrusted) express.set('trust proxy', 'loopback');
  const adapter =
    platform === 'express' ? express : new FastifyAdapter({ trustProxy: isTrusted ? '127.0.0.1' : false });
  const app = await NestFactory.create(AppModule, adapter, { rawBody: true, logger: false });
  await cleanup.add(app, (opened) => opened.close()).listen(0, '127.0.0.1');
  return ((app.getHttpServer() as Server).address() as AddressInfo).port;
}

describe.each(['express', 'fastify'] as const)(
  'the trust-proxy setting of an application on %s',
  (platform) => {
    it.each([
      ['the client, behind a trusted proxy', true, CLIENT, true],
      ['the client, and not an address that it forged', true, `${CLIENT}, 192.0.2.1`, false],
      ['the peer, without a trusted proxy', false, CLIENT, false],
    ])('gives policies the address of %s', async (_whose, isTrusted, forwardedFor, isAllowed) => {
      const port = await start(platform, isTrusted);
      const forwarded = { 'x-forwarded-for': forwardedFor };
      const orders = await send(port, { path: '/orders', headers: forwarded });
      expect(orders.status).toBe(isAllowed ? 200 : 403);
      const call = await send(port, {
        path: '/mcp/up',
        method: 'POST',
        headers: { ...HEADERS, ...forwarded },
        body: JSON.stringify(tool('any')),
      });
      expect('result' in (call.json() as object)).toBe(isAllowed);
    });
  },
);
