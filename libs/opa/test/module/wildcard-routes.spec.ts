import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { OpaGuard, OpaPolicy, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { cleanUp, closing } from '../resilience/support.js';
import { startApp } from '../support/app.js';

@Controller('files')
@UseGuards(OpaGuard)
@OpaPolicy('files/read')
class Bare {
  @Get('bare/*') bare() {
    return 'bare';
  }
}

/** The kinds that Express knows beside it. */
@Controller('files')
@UseGuards(OpaGuard)
@OpaPolicy('files/read')
class Express {
  @Get('named/*splat') named() {
    return 'named';
  }
  @Get('optional/{*splat}') optional() {
    return 'optional';
  }
  @Get('older/(.*)') older() {
    return 'older';
  }
}

afterEach(cleanUp);

describe('a route with a wildcard', () => {
  it.each([
    ['express', [Bare, Express], ['bare', 'named', 'optional', 'older']],
    ['fastify', [Bare], ['bare']],
  ] as const)('has one name, in the table of routes and in every input: %s', async (...row) => {
    const [adapter, controllers, kinds] = row;
    const engine = new TestEngine({ 'files/read': true });
    const { app, ...running } = closing(await startApp(adapter, [...controllers], { engine }));
    for (const kind of kinds) expect(await running.send({ target: `/files/${kind}/a/b` })).toBe(200);
    const names = engine.questions.map(
      ({ input }) => (input as { request: { route: string } }).request.route,
    );
    expect(names).toEqual(kinds.map((kind) => `/files/${kind}/*`));
    const routes = app.get(OpaService).routes();
    expect(routes.map(({ route }) => route)).toEqual(names.map((route) => `GET ${route}`));
  });
});
