import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { OpaService } from 'nestjs-opa';
import type { AddressInfo, Server } from 'node:net';
import { lastValueFrom } from 'rxjs';
import type { Example } from '../support.js';
import { startExample } from '../support.js';
import { AuditExample } from './app.js';

describe('the example of the audit', () => {
  let example: Example;
  let port: number;
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

  beforeAll(async () => {
    const prepare = (app: INestApplication) => {
      const options = { host: '127.0.0.1', port: 0 };
      app.connectMicroservice<MicroserviceOptions>({ transport: Transport.TCP, options });
    };
    example = await startExample(AuditExample, new URL('policy.rego', import.meta.url), { prepare });
    await example.app.startAllMicroservices();
    const [microservice] = example.app.getMicroservices();
    port = ((microservice as { unwrap(): Server }).unwrap().address() as AddressInfo).port;
  });
  afterAll(() => example.close());

  it('knows at start what is guarded, and what is not', () => {
    const table = example.app.get(OpaService).routes();
    expect(table.map(({ kind, route, status }) => `${kind} ${route}: ${status}`)).toEqual([
      'http GET /orders/health: public',
      'http GET /orders/:id: guarded',
      'rpc orders.read: guarded',
      'rpc orders.remove: not guarded',
    ]);
    expect(warn.mock.calls.flat().join('\n')).toMatch(
      /No OpaGuard covers 1 of 4 handlers: rpc orders\.remove/,
    );
  });

  it('is right', async () => {
    expect((await fetch(`${example.url}/orders/health`)).status).toBe(200);
    expect((await fetch(`${example.url}/orders/7`)).status).toBe(403);
    const options = { host: '127.0.0.1', port };
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options });
    await expect(lastValueFrom(client.send('orders.read', {}))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await lastValueFrom(client.send('orders.remove', {}))).toBe('removed');
    await client.close();
  });
});
