import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { OpaGuard, OpaModule, OpaPolicy } from 'nestjs-opa';
import { peerAddress } from 'nestjs-opa/internal';
import { TestEngine } from 'nestjs-opa/testing';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { startGrpc, unary } from '../contexts/drivers/grpc.js';
import { onWs, received, startGateway } from '../contexts/drivers/ws.js';
import { call, cleanUp as endEnforcers, enforcer } from '../../../mcp/test/support.js';
import { cleanUp, closing } from '../resilience/support.js';
import { ADAPTERS, startApp } from '../support/app.js';

/** Loopback on an IPv6 socket: an IPv4 client is `::ffff:127.0.0.1` there, as on a listener of both families. */
const DUAL_STACK = '::ffff:127.0.0.1';
const IPV4 = '127.0.0.1';

@Controller()
@UseGuards(OpaGuard)
class Routes {
  @Get('read') @OpaPolicy('a') read() {
    return 'read';
  }
  @GrpcMethod('Orders') @OpaPolicy('a') unnamed() {
    return { text: 'read' };
  }
}

@WebSocketGateway({ path: '/events' })
@UseGuards(OpaGuard)
class Events {
  handleConnection(client: object, request: object) {
    Object.assign(client, { request });
  }
  @SubscribeMessage('say') @OpaPolicy('a') say() {
    return { event: 'said', data: 1 };
  }
}

afterEach(async () => {
  await cleanUp();
  await endEnforcers();
});

it.each([
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:c000:0201', '192.0.2.1'],
  ['0000:0000:0000:0000:0000:FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1%eth0', '192.0.2.1'],
  ['192.0.2.1', '192.0.2.1'],
  ['::1', '::1'],
  ['2001:db8::ffff:1', '2001:db8::ffff:1'],
  ['::ffff:0:c000:201', '::ffff:0:c000:201'],
  ['64:ff9b::192.0.2.1', '64:ff9b::192.0.2.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8::ffff:1%eth0', '2001:db8::ffff:1'],
  ['nonsense:%eth0', 'nonsense:%eth0'],
  ['::ffff:nonsense', '::ffff:nonsense'],
  [undefined, undefined],
])('the address %s is normalized to %s', (address, written) => {
  expect(peerAddress(address)).toBe(written);
});

describe('an IPv4 client of a dual-stack listener has its IPv4 address in the input', () => {
  const SHAPES = [
    ['default', { request: { ip: IPV4 } }],
    ['authzen', { context: { ip: IPV4 } }],
    ['contextforge', { request_ip: IPV4 }],
    [
      'envoy',
      {
        attributes: {
          source: { address: { socketAddress: { address: IPV4 } } },
          destination: { address: { socketAddress: { address: IPV4 } } },
        },
      },
    ],
  ] as const;
  const table = ADAPTERS.flatMap((adapter) =>
    SHAPES.map(([shape, input]) => [adapter, shape, input] as const),
  );

  it.each(table)('on %s, in shape %s', async (adapter, shape, input) => {
    const engine = new TestEngine({ a: true });
    const app = closing(await startApp(adapter, [Routes], { engine, input: { shape } }, DUAL_STACK));
    expect(await app.send({ target: '/read' })).toBe(200);
    expect(engine.questions).toMatchObject([{ input }]);
  });

  it('on a WebSocket', async () => {
    const engine = new TestEngine({ a: true });
    const app = closing(await startGateway(OpaModule.forRoot({ engine }), Events, onWs, DUAL_STACK));
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const client = new WebSocket(`ws://${IPV4}:${port}/events`);
    await once(client, 'open');
    client.send(JSON.stringify({ event: 'say', data: 1 }));
    await received(client);
    client.terminate();
    expect(engine.questions).toMatchObject([{ input: { request: { handshake: { address: IPV4 } } } }]);
  });

  it('on gRPC', async () => {
    const engine = new TestEngine({ a: true });
    const opa = OpaModule.forRoot({ engine, input: { shape: 'authzen' } });
    const { client } = closing(await startGrpc(opa, Routes, `[${DUAL_STACK}]`));
    await unary(client, 'Unnamed', '7');
    expect(engine.questions).toMatchObject([{ input: { context: { ip: IPV4 } } }]);
  });

  it.each([
    ['coaz', { request: { ip: IPV4 } }],
    ['contextforge', { request_ip: IPV4 }],
  ] as const)('on MCP, in shape %s', async (shape, input) => {
    const engine = new TestEngine({ request: true });
    const { caller, ...others } = call('tools/call', { name: 'search' });
    const mcp = await enforcer(engine, { shape });
    await mcp.before({ ...others, caller: { ...caller, ip: `::ffff:${IPV4}` } });
    expect(engine.questions).toMatchObject([{ input }]);
  });
});
