import type { INestApplication, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { readFile } from 'node:fs/promises';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaModule } from 'nestjs-opa';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';

/** A running application. */
export interface ExampleApp {
  readonly app: INestApplication;
  readonly url: string;
  close(): Promise<void>;
}

/** A running example with its OPA. */
export interface Example extends ExampleApp {
  readonly opa: OpaServer;
}

/** Options of {@link startExample}. */
export interface ExampleOptions {
  /** Makes the module's options. Default: OPA's address, and `verifyPolicies: true`. */
  readonly options?: (url: string) => OpaModuleOptions;
  /** Prepares the application before it listens. Default: nothing. */
  readonly prepare?: (app: INestApplication) => void;
}

/** Starts a real OPA with the example's policy, and its application on a free port. */
export async function startExample(
  AppModule: Type,
  policy: URL,
  { options = (url) => ({ url, verifyPolicies: true }), prepare }: ExampleOptions = {},
): Promise<Example> {
  const opa = await startOpa({ rego: await readFile(policy, 'utf8') });
  const started = await startApp(AppModule, options(opa.url), prepare);
  const close = async (): Promise<void> => {
    await started.close();
    await opa.stop();
  };
  return { ...started, opa, close };
}

/** Starts an example's application on a free port. */
export async function startApp(
  AppModule: Type,
  options: OpaModuleOptions,
  prepare: (app: INestApplication) => void = () => undefined,
): Promise<ExampleApp> {
  const imports = [OpaModule.forRoot(options), AppModule];
  const app = (await Test.createTestingModule({ imports }).compile()).createNestApplication();
  prepare(app);
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl(), close: () => app.close() };
}
