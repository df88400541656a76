import { afterEach, describe, expect, it } from '@jest/globals';
import {
  ClassSerializerInterceptor,
  SerializeOptions,
  StandardSchemaSerializerInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Exclude, Expose } from 'class-transformer';
import { OpaInterceptor } from 'nestjs-opa';
import type { TestAnswer } from 'nestjs-opa/testing';
import { z } from 'zod';
import { ADAPTERS } from '../support/app.js';
import type { ResultsSetup, RunningResults } from './support.js';
import { masking, removing, startResults, Witness } from './support.js';

class Address {
  constructor(
    public street: string,
    public city: string,
  ) {}
}

class User {
  id = 1;
  email = 'ann@example.test';
  born = new Date('2000-01-01T00:00:00Z');
  address = new Address('Main St', 'Ulm');
  tags = new Map<string, string>();
  @Exclude() password = '$2b$hash';

  @Expose() get domain(): string {
    return this.email.slice(this.email.indexOf('@') + 1);
  }
}

/** Its getter reads what a copy would not have. */
class Sealed {
  readonly #pin = '1234';
  name = 'Ann';

  get pin(): string {
    return this.#pin;
  }
}

/** As documents of Mongoose: what JSON shows is kept elsewhere. */
class Document {
  constructor(private readonly data: Record<string, unknown>) {}

  toJSON(): unknown {
    return { ...this.data };
  }
}

class Plain {
  email = 'ann@example.test';
  note = 'n';

  toJSON(): unknown {
    return Object.fromEntries(Object.entries(this));
  }
}

let running: RunningResults;
afterEach(() => running.close());

/** The result that leaves the OpaInterceptor for another one outside it. */
async function passed(
  give: () => unknown,
  view: TestAnswer,
  setup?: Partial<ResultsSetup>,
): Promise<unknown> {
  const witness = new Witness();
  running = await startResults({
    adapter: 'express',
    give,
    view,
    interceptors: [witness, OpaInterceptor],
    ...setup,
  });
  const response = await running.fetch();
  return response.status === 200 ? witness.passed[0] : response.status;
}

describe.each(ADAPTERS)('a serializer that runs after the decision on %s', (adapter) => {
  const leaves = async (setup: Partial<ResultsSetup>): Promise<unknown> => {
    running = await startResults({ adapter, give: () => new User(), ...setup });
    return (await running.fetch()).json();
  };
  const serializer = [new ClassSerializerInterceptor(new Reflector()), OpaInterceptor];

  it('still knows the class of a masked instance, so that excluded fields stay hidden', async () => {
    const user = await leaves({ interceptors: serializer, view: masking('/address/street') });
    expect(user).toMatchObject({ id: 1, address: { street: '***', city: 'Ulm' }, domain: 'example.test' });
    expect(user).toMatchObject({ born: '2000-01-01T00:00:00.000Z' });
    expect(user).not.toHaveProperty('password');
  });

  it.each([
    ['a field', masking('/email'), { email: '***' }],
    ['a getter that JSON does not show', masking('/domain'), { domain: '***', email: 'ann@example.test' }],
    ['every member', masking('/*'), { id: '***', domain: '***', email: '***', born: '***' }],
  ])('receives a masked copy of: %s', async (_name, view, expected) => {
    const user = await leaves({ interceptors: serializer, view });
    expect(user).toMatchObject(expected);
    expect(user).not.toHaveProperty('password');
  });

  it('finds nothing under a getter that was removed', async () => {
    expect(await leaves({ interceptors: serializer, view: removing('/domain') })).not.toHaveProperty(
      'domain',
    );
  });

  it('knows the classes of items of a list and of values of an Observable', async () => {
    const list = await leaves({
      interceptors: serializer,
      give: () => [new User(), new User()],
      view: masking('/0/email'),
    });
    expect(list).toMatchObject([{ email: '***' }, { email: 'ann@example.test' }]);
    expect(JSON.stringify(list)).not.toContain('hash');
  });

  it("validates the handler's values against a Standard Schema", async () => {
    const schema = z.object({ email: z.string(), born: z.date(), domain: z.string() });
    const user = await leaves({
      interceptors: [new StandardSchemaSerializerInterceptor(new Reflector()), OpaInterceptor],
      decorate: [SerializeOptions({ schema })],
      view: masking('/email'),
    });
    expect(user).toEqual({ email: '***', born: '2000-01-01T00:00:00.000Z', domain: '***' });
  });
});

describe('an edited result', () => {
  it('is copied only along the edited path', async () => {
    const user = new User();
    const copy = (await passed(() => user, masking('/address/street'))) as User;
    expect(copy).toBeInstanceOf(User);
    expect(copy.address).toBeInstanceOf(Address);
    expect(copy.address.street).toBe('***');
    expect(copy.born).toBe(user.born);
    expect(copy.tags).toBe(user.tags);
    expect(user.address.street).toBe('Main St');
  });

  it('is the same object when the path leads nowhere', async () => {
    const user = new User();
    expect(await passed(() => user, masking('/absent', '/born/x', '/address/*/x'))).toBe(user);
  });

  it('keeps accessors, descriptors and the order of members', async () => {
    const row = Object.defineProperties(
      { first: 'Ann', last: 'Lee' },
      {
        full: { get: (): string => 'Ann Lee', enumerable: true },
        hidden: { value: 'h', enumerable: false },
      },
    );
    const copy = (await passed(() => row, masking('/first'))) as object;
    expect(JSON.stringify(copy)).toBe('{"first":"***","last":"Lee","full":"Ann Lee"}');
    expect(typeof Object.getOwnPropertyDescriptor(copy, 'full')?.get).toBe('function');
    expect(Object.getOwnPropertyDescriptor(copy, 'hidden')?.value).toBe('h');
  });

  it('keeps its class when members have their own toJSON()', async () => {
    expect(await passed(() => new Plain(), masking('/email'))).toBeInstanceOf(Plain);
  });

  it('is edited in what a promise or a method returns', async () => {
    class Lazy {
      id = 1;
      get profile(): Promise<object> {
        return Promise.resolve({ phone: '1', name: 'n' });
      }
      contact(of: string): object {
        return { phone: '1', of };
      }
    }
    const lazy = (await passed(() => new Lazy(), masking('/profile/phone', '/contact/phone'))) as Lazy;
    expect(await lazy.profile).toEqual({ phone: '***', name: 'n' });
    expect(lazy.contact('x')).toEqual({ phone: '***', of: 'x' });
  });

  it('is edited in a member of any name', async () => {
    const give = (): unknown => JSON.parse('{"__proto__":{"secret":1},"constructor":{"secret":1}}');
    const copy = await passed(give, masking('/__proto__/secret', '/constructor/secret', '/toString/name'));
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"secret":"***"},"constructor":{"secret":"***"}}');
  });

  it.each<[string, () => unknown, string]>([
    ['private fields behind a getter', () => new Sealed(), '/name'],
    ['a document whose JSON is made elsewhere', () => new Document({ email: 'a@b.c' }), '/email'],
    ['bytes', () => ({ raw: Buffer.from('abc') }), '/raw/data/0'],
    ['a typed array', () => ({ raw: new Uint16Array([1, 2]) }), '/raw/0'],
  ])('is refused when a copy would not be faithful: %s', async (_name, give, path) => {
    expect(await passed(give, masking(path))).toBe(500);
  });
});
