import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConsumeMessage } from 'amqplib';
import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { OpaError } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import type { RabbitApplication } from './drivers/rabbitmq.js';
import { rabbitDriver, startRabbit, stopRabbitApplication } from './drivers/rabbitmq.js';
import type { TestBroker } from './drivers/rabbitmq-broker.js';
import { startBroker } from './drivers/rabbitmq-broker.js';
import { testRateLimit } from './rate-limit.js';
import { testContext } from './suite.js';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(async () => {
  await stopRabbitApplication();
  await broker.stop();
});

const driver = rabbitDriver(() => broker);
describe(`a context: ${driver.name}`, () => testContext(driver));
describe(`a rate limit on a context: ${driver.name}`, () => testRateLimit(driver));

describe('a RabbitMQ message without a reply', () => {
  let engine: TestEngine;
  let app: RabbitApplication;
  let events: EventEmitter;
  afterEach(() => app.close());

  const start = async (): Promise<void> => {
    events = new EventEmitter();
    engine = new TestEngine({ 'mail/send': true });
    app = await startRabbit(broker, { engine }, (name) => events.emit(name));
  };
  const send = (key: string, data: object, userId?: string): void => {
    const options = {
      headers: { 'x-request-id': 'r-1', authorization: 's3cret' },
      ...(userId && { userId }),
    };
    app.channel.publish('orders', key, Buffer.from(JSON.stringify(data)), options);
  };
  /** Waits for what reaches the exchange `dead`, once its queue is there. */
  const onDeadLetter = async (): Promise<{ letter: Promise<unknown> }> => {
    const { queue } = await app.channel.assertQueue('', { exclusive: true });
    await app.channel.bindQueue(queue, 'dead', '#');
    const letters = new EventEmitter();
    const letter = once(letters, 'letter').then(
      ([content]: unknown[]) => JSON.parse(String(content)) as unknown,
    );
    const emit = (message: ConsumeMessage | null): void => void letters.emit('letter', message?.content);
    await app.channel.consume(queue, emit, { noAck: true });
    return { letter };
  };

  it('runs the handler once the policy allows it', async () => {
    await start();
    const called = once(events, 'mail');
    send('mail.one', { to: 'ann' }, 'guest');
    await called;
    expect(engine.questions).toMatchObject([
      {
        policy: 'mail/send',
        input: {
          action: { name: 'event' },
          resource: { type: 'routing-key', id: 'orders/mail.one' },
          request: { data: { to: 'ann' }, headers: { 'x-request-id': 'r-1' }, userId: 'guest' },
        },
      },
    ]);
    expect(JSON.stringify(engine.questions)).not.toContain('s3cret');
  });

  it.each([
    ['denied', false],
    ['undefined', undefined],
    ['of a bad input', new OpaError('OPA_BAD_INPUT', 'no')],
  ])('is dead-lettered and not delivered again: %s', async (_name, answer) => {
    await start();
    engine.answer('mail/send', answer);
    const { letter } = await onDeadLetter();
    const calls: string[] = [];
    events.on('mail', () => calls.push('mail'));
    send('mail.one', { to: 'bob' });
    expect(await letter).toEqual({ to: 'bob' });
    expect([calls, engine.questions.length]).toEqual([[], 1]);
  });

  it('is delivered again when OPA is unreachable, as after any error of a handler', async () => {
    await start();
    const results = [new OpaError('OPA_UNREACHABLE', 'gone'), true];
    engine.answer('mail/send', () => {
      const answer = results.shift();
      if (answer instanceof OpaError) throw answer;
      return answer;
    });
    const called = once(events, 'mail');
    send('mail.one', { to: 'cid' });
    await called;
    expect([results, engine.questions.length]).toEqual([[], 2]);
  });

  it('is decided once together with its batch', async () => {
    await start();
    const called = once(events, 'batch');
    send('mail.many', { to: 'ann' });
    send('mail.many', { to: 'bob' });
    await called;
    expect(engine.questions).toMatchObject([
      { input: { request: { data: [{ to: 'ann' }, { to: 'bob' }], headers: [{}, {}] } } },
    ]);
  });
});

it('the audit lists the handlers of RabbitMQ', async () => {
  const app = await startRabbit(broker, { engine: new TestEngine({}) });
  const routes = await app.routes();
  await app.close();
  expect(routes.map(({ kind, route, status }) => `${kind} ${route}: ${status}`)).toEqual([
    'rabbitmq orders/mail.one: guarded',
    'rabbitmq orders/mail.many: guarded',
    'rabbitmq orders/orders.read: guarded',
    'rabbitmq orders/orders.remove: guarded',
    'rabbitmq orders/orders.open: public',
    'rabbitmq orders/orders.unnamed: refused',
    'rabbitmq orders/orders.shadow: guarded',
  ]);
});
