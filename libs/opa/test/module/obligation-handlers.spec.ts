import { describe, expect, it } from '@jest/globals';
import type { Provider, Type } from '@nestjs/common';
import { Injectable, Scope } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OpaModule, OpaObligation } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

describe('the registration of obligation handlers', () => {
  const begin = async (...providers: Provider[]): Promise<void> => {
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ engine: new TestEngine() })],
      providers,
    }).compile();
    const app = module.createNestApplication({ logger: false });
    try {
      await app.init();
    } finally {
      await app.close();
    }
  };
  const handler = (type: string, scope?: Scope): Type => {
    @OpaObligation(type)
    @Injectable({ ...(scope !== undefined && { scope }) })
    class Handler {
      readonly handled: string[] = [];
      handle(): void {
        this.handled.push(type);
      }
    }
    return Handler;
  };
  class NoHandler {}
  OpaObligation('empty')(NoHandler);

  it.each([
    ['a type twice', [handler('log'), handler('log')], /another provider/],
    ["a built-in's name", [handler('mask')], /itself/],
    ['a request-scoped class', [handler('log', Scope.REQUEST)], /singleton/],
    ['a class without handle', [NoHandler], /handle/],
  ])('stops the start for %s', async (_name, providers, message) => {
    await expect(begin(...providers)).rejects.toMatchObject({
      code: 'OPA_BAD_OPTIONS',
      message: expect.stringMatching(message),
    });
  });

  it('accepts one handler under two tokens, and one from a factory', async () => {
    const One = handler('one');
    const made = handler('made');
    const providers = [
      One,
      { provide: 'alias', useExisting: One },
      { provide: 'made', useFactory: () => new made() as object },
    ];
    await expect(begin(...providers)).resolves.toBeUndefined();
  });

  it('rejects an empty type', () => {
    expect(() => OpaObligation('')).toThrow(/must be a non-empty string/);
  });
});
