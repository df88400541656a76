import { afterEach, beforeEach, expect } from '@jest/globals';
import type { TestingModule } from '@nestjs/testing';
import { Test } from '@nestjs/testing';
import type { Decision, OpaModuleOptions, OpaQuery } from 'nestjs-opa';
import { OpaHttpService, OpaModule, OpaService } from 'nestjs-opa';
import type { TestServer } from '../../support.js';
import type { Leftovers } from './leftovers.js';
import { leftoversSince, settles, watched } from './leftovers.js';

/** Opens modules and servers for one test each. */
export interface Bench {
  /** Starts a module with the policy `a/b`. Retry and circuit breaker are off by default. */
  open(options: OpaModuleOptions): Promise<OpaService>;
  /** Sends the decisions of the last opened module through axios. Any interceptor has this effect. */
  throughAxios(): void;
  /** The pooled HttpService of the last opened module. */
  http(): OpaHttpService;
  /** Closes a server at the end of the test. */
  uses<T extends TestServer>(server: Promise<T>): Promise<T>;
}

/** Options without retries, and with a long timeout. */
function defaults({ timeout = 10_000, pool, ...others }: OpaModuleOptions): OpaModuleOptions {
  return {
    policy: 'a/b',
    retry: false,
    circuitBreaker: false,
    timeout,
    pool: { connectTimeout: Math.min(5_000, timeout), ...pool },
    ...others,
  };
}

/** A {@link Bench} that fails each test that leaves an open socket, a queued decision or a timer. */
export function bench(): Bench {
  let modules: TestingModule[];
  let servers: TestServer[];
  let leftovers: () => Leftovers;

  beforeEach(() => {
    modules = [];
    servers = [];
    leftovers = leftoversSince();
  });

  afterEach(async () => {
    for (const module of modules) {
      const opa = module.get(OpaService);
      // Check before the module is closed, because closing frees them.
      await settles(() => inUse(opa), { sockets: 0, waiting: 0 });
      await module.close();
      expect(opa.stats().sockets).toMatchObject({ inUse: 0, idle: 0 });
    }
    await Promise.all(servers.map((server) => server.close()));
    await settles(leftovers, { timers: 0, sockets: 0 });
  });

  const http = (): OpaHttpService => {
    const module = modules.at(-1);
    if (module === undefined) throw new Error('no module is open');
    return module.get(OpaHttpService);
  };

  return {
    async open(options) {
      const module = await Test.createTestingModule({
        imports: [OpaModule.forRoot(defaults(options))],
      }).compile();
      modules.push(await watched(() => module.init()));
      const opa = module.get(OpaService);
      const decide = opa.decide.bind(opa);
      opa.decide = (query: OpaQuery): Promise<Decision> => watched(() => decide(query));
      return opa;
    },
    throughAxios() {
      http().axiosRef.interceptors.request.use((config) => config);
    },
    http,
    async uses(starting) {
      const server = await starting;
      servers.push(server);
      return server;
    },
  };
}

function inUse(opa: OpaService): { sockets: number; waiting: number } {
  const { sockets, waiting } = opa.stats();
  return { sockets: sockets.inUse, waiting };
}
