import type { Type } from '@nestjs/common';
import { ConsoleLogger } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaModule } from 'nestjs-opa';

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };

/** The HTTP adapters of Nest. */
export const ADAPTERS = ['express', 'fastify'] as const;

/** What {@link RunningApp.send} takes beside the path. */
export interface SendOptions {
  /** Default: `GET`. */
  readonly method?: string;
  /** A bearer token. Default: none. */
  readonly token?: string | undefined;
  /** A body, sent as JSON. Default: none. */
  readonly json?: unknown;
}

/** An application that listens on a free port. */
export interface RunningApp {
  /** The warnings and errors that the application has logged while it started. */
  readonly startWarnings: readonly string[];
  /** Sends a request and reads the JSON of its response. */
  send(path: string, options?: SendOptions): Promise<{ status: number; body: unknown; text: string }>;
  close(): Promise<void>;
}

/** Keeps warnings and errors. */
class KeepingLogger extends ConsoleLogger {
  readonly warnings: string[] = [];

  constructor() {
    super({ logLevels: ['warn', 'error', 'fatal'] });
  }

  override warn(message: unknown): void {
    this.warnings.push(String(message));
  }

  override error(message: unknown): void {
    this.warnings.push(String(message));
  }
}

/** Runs an application with `OpaModule` beside it, on one of Nest's HTTP adapters. */
export async function runApp(
  AppModule: Type,
  adapter: (typeof ADAPTERS)[number],
  options: OpaModuleOptions,
): Promise<RunningApp> {
  const logger = new KeepingLogger();
  const module = await Test.createTestingModule({ imports: [OpaModule.forRoot(options), AppModule] })
    .setLogger(logger)
    .compile();
  const app = module.createNestApplication(adapters[adapter](), { logger });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    startWarnings: [...logger.warnings],
    send: (path, sent) => send(`${url}${path}`, sent),
    close: () => app.close(),
  };
}

async function send(url: string, { method = 'GET', token, json }: SendOptions = {}) {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
