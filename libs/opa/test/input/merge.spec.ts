import { afterEach, describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Controller, Get, UseGuards, UseInterceptors } from '@nestjs/common';
import type { Input } from 'nestjs-opa';
import { OpaGuard, OpaInput, OpaInterceptor, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { cleanUp, closing } from '../resilience/support.js';
import { ADAPTERS, startApp } from '../support/app.js';

const received: Input[] = [];

@Controller('orders')
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
@OpaPolicy('a')
@OpaInput((_context, input) => {
  received.push(input);
  return { tenant: 'class', of: 'class', context: { by: 'class' } };
})
class Orders {
  @Get('class') byClass() {
    return 'ok';
  }
  @Get('handler')
  @OpaPolicy('a', { response: 'b' })
  @OpaInput(async (context: ExecutionContext, input) => {
    received.push(input);
    const request = context.switchToHttp().getRequest<{ url: string }>();
    return Promise.resolve({ tenant: 'handler', context: { url: request.url }, subject: { id: 'ann' } });
  })
  byHandler() {
    return 'ok';
  }
  @Get('fails')
  @OpaInput(() => Promise.reject(new Error('s3cret')))
  fails() {
    return 'ok';
  }
  @Get('nothing')
  @OpaInput(() => Promise.resolve(undefined as never))
  nothing() {
    return 'ok';
  }
}

afterEach(cleanUp);

describe.each(ADAPTERS)('@OpaInput on %s', (adapter) => {
  const ask = async (path: string): Promise<{ status: number; inputs: unknown[] }> => {
    received.length = 0;
    const engine = new TestEngine({ a: true, b: true });
    const app = closing(await startApp(adapter, [Orders], { engine }));
    const status = await app.send({ target: `/orders/${path}` });
    return { status, inputs: engine.questions.map(({ input }) => input) };
  };

  it('merges the input of the class over the top level of the default input', async () => {
    const { inputs } = await ask('class');
    expect(inputs).toMatchObject([
      { action: { name: 'GET' }, request: { path: '/orders/class' }, tenant: 'class', of: 'class' },
    ]);
    expect((inputs[0] as Input)['context']).toEqual({ by: 'class' });
  });

  it('merges the input of the handler after that of the class, and awaits a promise', async () => {
    const { inputs } = await ask('handler');
    const merged = { subject: { id: 'ann' }, tenant: 'handler', of: 'class' };
    expect(inputs).toMatchObject([merged, { ...merged, response: { body: 'ok' } }]);
    expect((inputs[0] as Input)['context']).toEqual({ url: '/orders/handler' });
    expect(received).toMatchObject([{ context: {} }, { tenant: 'class', context: { by: 'class' } }]);
  });

  it.each(['fails', 'nothing'])('refuses the request when the function %s', async (path) => {
    expect(await ask(path)).toEqual({ status: 500, inputs: [] });
  });
});
