import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClientUnaryCall, sendUnaryData, ServerUnaryCall, ServiceError } from '@grpc/grpc-js';
import { Metadata } from '@grpc/grpc-js';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Controller, NotFoundException, UseGuards } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall, GrpcStreamMethod } from '@nestjs/microservices';
import type { Decision, OpaModuleOptions, PolicyEngine } from 'nestjs-opa';
import { OpaDecision, OpaError, OpaGuard, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import type { Duplex, Readable } from 'node:stream';
import type { Observable } from 'rxjs';
import { map, of, toArray } from 'rxjs';
import type { RunningGrpc } from './drivers/grpc.js';
import { denialOf, echoed, listing, startGrpc, streamed, unary } from './drivers/grpc.js';
import { expectLogs } from '../../../../test/support/logs.js';

/** Stands for a guard that authenticates: it puts the user where the library looks. */
class Authenticates implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const call = context.getArgByIndex<ServerUnaryCall<unknown, unknown> | undefined>(2);
    if (call === undefined) return true;
    if (call.metadata.get('authorization')[0] === 'Bearer anns') Object.assign(call, { user: { id: 'ann' } });
    return true;
  }
}

const called: string[] = [];

@Controller()
@UseGuards(Authenticates, OpaGuard)
class Orders {
  @GrpcMethod() @OpaPolicy('a') metadata(_id: object, metadata: Metadata) {
    return { text: JSON.stringify(metadata.toJSON()) };
  }
  @GrpcMethod() @OpaPolicy('a') unnamed(@OpaDecision() decision?: Decision) {
    called.push('unnamed');
    return { text: decision?.policy ?? '' };
  }
  @GrpcMethod() @OpaPolicy('a') list({ id }: { id: string }) {
    called.push('list');
    return of({ id }, { id });
  }
  @GrpcStreamMethod() @OpaPolicy('a') collect(ids: Observable<{ id: string }>) {
    called.push('collect');
    return ids.pipe(
      map(({ id }) => id),
      toArray(),
      map((all) => ({ text: all.join() })),
    );
  }
  @GrpcStreamCall() @OpaPolicy('a') collectRaw(call: Readable, answer: sendUnaryData<object>) {
    called.push('collectRaw');
    call.on('data', () => undefined).on('end', () => answer(null, { text: 'all' }));
  }
  @GrpcStreamCall() @OpaPolicy('a') echoRaw(call: Duplex) {
    called.push('echoRaw');
    call.on('data', ({ id }: { id: string }) => call.write({ text: id })).on('end', () => call.end());
  }
}

let engine: TestEngine;
let running: RunningGrpc;

const start = async (options: OpaModuleOptions = {}): Promise<void> => {
  running = await startGrpc(OpaModule.forRoot({ engine, ...options }), Orders);
};
const rejected = (call: Promise<unknown>): Promise<ServiceError> =>
  call.then(
    () => Promise.reject(new Error('was let through')),
    (error: unknown) => error as ServiceError,
  );
const metadata = (entries: readonly [string, string][]): Metadata => {
  const metadata = new Metadata();
  for (const [name, value] of entries) metadata.add(name, value);
  return metadata;
};

beforeEach(() => {
  engine = new TestEngine({ a: true });
  called.length = 0;
});
afterEach(() => running.close());

describe('a gRPC call', () => {
  it('shows the policy only the allowed metadata', async () => {
    await start({ input: { headers: ['X-Tenant', 'x-roles', 'x-bytes-bin'] } });
    const sent = metadata([
      ['x-tenant', 'acme'],
      ['x-roles', 'clerk'],
      ['x-roles', 'admin'],
      ['x-other', 'o'],
      ['authorization', 'Bearer secret'],
    ]);
    sent.set('x-bytes-bin', Buffer.from('bytes'));
    await unary(running.client, 'Unnamed', '7', sent);
    const { request } = engine.questions[0]?.input as { request: { metadata: Record<string, unknown> } };
    expect(request.metadata).toEqual({
      'user-agent': expect.stringContaining('grpc'),
      'x-tenant': 'acme',
      'x-roles': 'clerk, admin',
      'x-bytes-bin': Buffer.from('bytes').toString('base64'),
    });
  });

  it("passes the handler the policy's headers as metadata, and never the client's values for them", async () => {
    await start({ policyHeaders: ['x-authz-*'] });
    engine.answer('a', {
      allow: true,
      headers: { 'x-authz-role': 'clerk', 'x-list': ['a', 'b'] },
      request_headers_to_remove: ['x-debug'],
    });
    const sent = metadata([
      ['x-authz-role', 'admin'],
      ['x-authz-more', 'yes'],
      ['x_authz_role', 'admin'],
      ['x-debug', 'on'],
      ['x_debug', 'on'],
      ['x-list', 'mine'],
      ['x_list', 'mine'],
      ['x-kept', 'k'],
    ]);
    const { text } = (await unary(running.client, 'Metadata', '7', sent)) as { text: string };
    const trailer = JSON.parse(text) as Record<string, unknown>;
    expect(trailer).toMatchObject({ 'x-authz-role': ['clerk'], 'x-list': ['a', 'b'], 'x-kept': ['k'] });
    for (const name of ['x-authz-more', 'x_authz_role', 'x-debug', 'x_debug', 'x_list']) {
      expect(trailer).not.toHaveProperty(name);
    }
  });

  it('has the user of the call as subject', async () => {
    await start();
    await unary(running.client, 'Unnamed', '7', metadata([['authorization', 'Bearer anns']]));
    expect(engine.questions[0]?.input).toMatchObject({ subject: { id: 'ann' } });
  });

  it('gives the handler its decision', async () => {
    await start();
    expect(await unary(running.client, 'Unnamed', '7')).toEqual({ text: 'a' });
  });

  it('has an input in shape authzen too', async () => {
    await start({ input: { shape: 'authzen' } });
    await unary(running.client, 'Unnamed', '7');
    expect(engine.questions[0]?.input).toMatchObject({
      action: { name: 'call' },
      resource: {
        type: 'rpc',
        id: 'orders.Orders/Unnamed',
        properties: { service: 'orders.Orders', method: 'Unnamed', data: { id: '7' } },
      },
      context: { ip: '127.0.0.1' },
    });
  });

  it('returns the reasons and id of a denial in a trailer of up to 4 KiB', async () => {
    const reasons = ['für Änne'];
    const answer = { result: { allow: false, reasons }, id: 'd-1' };
    const denies: PolicyEngine = { name: 'denies', evaluate: () => Promise.resolve(answer) };
    await start({ engine: denies });
    expect(denialOf(await rejected(unary(running.client, 'Unnamed', '7')))).toEqual({
      reasons: ['für Änne'],
      decisionId: 'd-1',
    });
    reasons.push('x'.repeat(4_096));
    const error = await rejected(unary(running.client, 'Unnamed', '7'));
    expect(error).toMatchObject({ code: 7, details: 'Forbidden by policy' });
    expect(denialOf(error)).toEqual({});
    expect(called).toEqual([]);
  });

  it('aborts its decision when the client cancels', async () => {
    let call: ClientUnaryCall | undefined;
    let resolve = (): void => undefined;
    const aborted = new Promise<void>((fulfil) => {
      resolve = fulfil;
    });
    const waits: PolicyEngine = {
      name: 'waits',
      evaluate: (_query, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            reject(new OpaError('OPA_ABORTED', 'The decision was aborted by its caller.'));
            resolve();
          });
          call?.cancel();
        }),
    };
    await start({ engine: waits, timeout: 15_000 });
    const error = await rejected(
      unary(running.client, 'Unnamed', '7', new Metadata(), (begun) => {
        call = begun;
      }),
    );
    expect(error.code).toBe(1);
    await aborted;
    expect(called).toEqual([]);
  });

  it('is decided before a client stream is read', async () => {
    await start();
    expect(await streamed(running.client, 'Collect', ['1', '2'])).toEqual({ text: '1,2' });
    expect(engine.questions).toHaveLength(1);
    expect((engine.questions[0]?.input as { request: object }).request).not.toHaveProperty('data.id');
    engine.answer('a', false);
    expect(await rejected(streamed(running.client, 'Collect', ['1', '2']))).toMatchObject({ code: 7 });
    expect(called).toEqual(['collect']);
  });

  it.each([
    ['denied', false, 7, 'Forbidden by policy'],
    ['undefined', undefined, 7, 'Forbidden by policy'],
    ['unreachable', new OpaError('OPA_UNREACHABLE', 's3cret'), 14, 'Authorization is not available'],
    ['late', new OpaError('OPA_TIMEOUT', 's3cret'), 4, 'Authorization took too long'],
    ['undecided', new OpaError('OPA_BAD_ANSWER', 's3cret'), 13, 'The request could not be decided'],
    ['not asked', new OpaError('OPA_BAD_INPUT', 's3cret'), 3, 'The request could not be decided'],
  ])('fails every kind of stream with the right status: %s', async (_name, answer, code, details) => {
    if (answer instanceof OpaError) expectLogs(`ERROR [OpaEnforcement] ${answer.code}`);
    await start();
    engine.answer('a', answer);
    const refused = [
      listing(running.client, 'List', '1').toArray(),
      streamed(running.client, 'Collect', ['1']),
      streamed(running.client, 'CollectRaw', ['1']),
      echoed(running.client, 'EchoRaw', ['1']),
    ];
    const errors = await Promise.all(refused.map(rejected));
    for (const error of errors) expect(error).toMatchObject({ code, details });
    expect(called).toEqual([]);
  });

  it('fails every kind of stream when building the input throws', async () => {
    const subject = (): never => {
      throw new NotFoundException('s3cret');
    };
    await start({ mode: 'permissive', input: { subject } });
    const refused = [
      listing(running.client, 'List', '1').toArray(),
      streamed(running.client, 'Collect', ['1']),
      streamed(running.client, 'CollectRaw', ['1']),
      echoed(running.client, 'EchoRaw', ['1']),
    ];
    const errors = await Promise.all(refused.map(rejected));
    expect(errors.map(({ code }) => code)).toEqual([2, 2, 13, 13]);
    expect(called).toEqual([]);
  });

  it('evaluates one query for a server stream', async () => {
    await start();
    expect(await listing(running.client, 'List', '1').toArray()).toMatchObject([{ id: '1' }, { id: '1' }]);
    expect(engine.questions).toHaveLength(1);
  });

  it('responds when the handler reads the stream itself', async () => {
    await start();
    expect(await streamed(running.client, 'CollectRaw', ['1'])).toEqual({ text: 'all' });
    expect(await echoed(running.client, 'EchoRaw', ['1', '2'])).toEqual([{ text: '1' }, { text: '2' }]);
    engine.answer('a', { allow: false, reasons: ['not yours'] });
    for (const refused of [
      streamed(running.client, 'CollectRaw', ['1']),
      echoed(running.client, 'EchoRaw', ['1']),
    ]) {
      const error = await rejected(refused);
      expect(error).toMatchObject({ code: 7, details: 'Forbidden by policy' });
      expect(denialOf(error)).toEqual({ reasons: ['not yours'] });
    }
    expect(called).toEqual(['collectRaw', 'echoRaw']);
  });
});
