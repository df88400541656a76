import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { UseGuards, UseInterceptors } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaGuard, OpaInterceptor, OpaModule, OpaPolicy, OpaPublic } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

class Jobs {
  ran = 0;
  @UseGuards(OpaGuard) @OpaPolicy('a') guarded(): string {
    this.ran += 1;
    return 'ran';
  }
  @UseGuards(OpaGuard) @OpaPublic() open(): string {
    this.ran += 1;
    return 'ran';
  }
  @UseInterceptors(OpaInterceptor) @OpaPolicy('a', { response: 'a' }) intercepted(): string {
    this.ran += 1;
    return 'ran';
  }
}

describe('a context of an unknown kind', () => {
  let app: INestApplicationContext;
  afterEach(() => app.close());

  const options: [string, OpaModuleOptions][] = [
    ['enforced', {}],
    ['permissive', { mode: 'permissive' }],
    ['disabled', { mode: 'disabled' }],
    ['open without a policy', { unguarded: 'allow' }],
    ['fail-open', { onUnavailable: 'allow' }],
  ];

  it.each(options)('is refused: %s', async (_name, overrides) => {
    const engine = new TestEngine({ a: true });
    const imports = [OpaModule.forRoot({ engine, ...overrides })];
    const module = Test.createTestingModule({ imports, providers: [Jobs] });
    app = await module.compile();
    app.useLogger(false);
    await app.init();
    const jobs = app.get(Jobs);
    const creator = app.get(ExternalContextCreator);
    for (const name of ['guarded', 'open', 'intercepted'] as const) {
      const run = creator.create(
        jobs,
        jobs[name],
        name,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        'job',
      ) as () => Promise<unknown>;
      await expect(run()).rejects.toMatchObject({ message: 'Forbidden by policy' });
    }
    expect(jobs.ran).toBe(0);
    expect(engine.questions).toEqual([]);
  });
});
