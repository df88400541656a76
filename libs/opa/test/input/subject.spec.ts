import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Controller, Get, Logger, UseGuards } from '@nestjs/common';
import type { OpaInputOptions } from 'nestjs-opa';
import { OpaGuard } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { cleanUp, closing } from '../resilience/support.js';
import { ADAPTERS, startApp } from '../support/app.js';

class User {
  readonly id: string = 'ann';
  readonly roles = ['clerk'];
  readonly passwordHash: string = 's3cret';
  get isAdmin(): boolean {
    return this.roles.includes('admin');
  }
}

class Public extends User {
  toJSON(): object {
    return { id: this.id };
  }
}

class Wide {
  [field: string]: unknown;
  constructor(fields: number) {
    for (let i = 0; i < fields; i += 1) this[`f${i}`] = i;
  }
}

let user: unknown;
let warnings: () => string[];
beforeEach(() => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  warnings = () => warn.mock.calls.flat().map(String);
});
afterEach(async () => {
  await cleanUp();
  jest.restoreAllMocks();
});

class Login implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    Object.assign(context.switchToHttp().getRequest<object>(), { user });
    return true;
  }
}

@Controller('me')
@UseGuards(Login, OpaGuard)
class Me {
  @Get() get() {
    return 'me';
  }
}

describe.each(ADAPTERS)('the subject, on %s', (adapter) => {
  async function ask(input: OpaInputOptions, times = 1): Promise<{ status: number; subject: unknown }> {
    const engine = new TestEngine({ 'a/b': true });
    const app = closing(await startApp(adapter, [Me], { engine, policy: 'a/b', input }));
    let status = 0;
    for (let i = 0; i < times; i += 1) status = await app.send({ target: '/me' });
    return { status, subject: (engine.questions[0]?.input as { subject: unknown } | undefined)?.subject };
  }

  it.each<[string, unknown, unknown]>([
    ['a class', new User(), { id: 'ann', roles: ['clerk'], isAdmin: false }],
    ['a plain object', { id: 'bob', passwordHash: 's3cret' }, { id: 'bob' }],
    ['nobody', undefined, { type: 'anonymous' }],
  ])('consists of the named fields of %s', async (_name, who, expected) => {
    user = who;
    const { subject } = await ask({ subject: ['id', 'roles', 'isAdmin'] });
    expect(subject).toEqual(expected);
    expect(warnings()).toEqual([]);
  });

  it('is refused when it is a string and the option names fields', async () => {
    user = 'ann';
    expect(await ask({ subject: ['id'] })).toEqual({ status: 500, subject: undefined });
  });

  it.each<[string, unknown, string]>([
    [
      'a class with a secret',
      new User(),
      'A subject of class User is sent to policies with the field "passwordHash"',
    ],
    ['a plain object with a token', { id: 'a', accessToken: 's3cret' }, 'with the field "accessToken"'],
    ['a plain object with a key', { id: 'a', apiKey: 's3cret' }, 'with the field "apiKey"'],
    [
      'a class with many fields',
      new Wide(21),
      'A subject of class Wide is sent to policies with all 21 fields',
    ],
  ])('causes one warning when it is sent with all its fields: %s', async (_name, who, warning) => {
    user = who;
    expect(await ask({}, 3)).toMatchObject({ status: 200 });
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain(warning);
    expect(warnings()[0]).not.toContain('s3cret');
  });

  it.each<[string, unknown, OpaInputOptions]>([
    ['a small class', new Wide(20), {}],
    ['a plain object with many fields', Object.fromEntries(Object.entries(new Wide(30))), {}],
    ['a class whose toJSON leaves the secret out', new Public(), {}],
    ['a function that leaves it out', new User(), { subject: () => ({ id: 'ann' }) }],
    ['a shape that sends the name alone', new User(), { shape: 'contextforge' }],
  ])('causes no warning: %s', async (_name, who, input) => {
    user = who;
    expect(await ask(input)).toMatchObject({ status: 200 });
    expect(warnings()).toEqual([]);
  });
});
