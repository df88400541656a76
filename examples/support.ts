import type { INestApplication, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { readFile } from 'node:fs/promises';
import { OpaModule } from 'nestjs-opa';
import { startOpa } from 'nestjs-opa/testing';

/** An example that runs. */
export interface Example {
  readonly app: INestApplication;
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a real OPA with the example's policy, and its application on a free port. */
export async function startExample(
  AppModule: Type,
  policy: URL,
  prepare: (app: INestApplication) => void = () => undefined,
): Promise<Example> {
  const opa = await startOpa({ rego: await readFile(policy, 'utf8') });
  const imports = [OpaModule.forRoot({ url: opa.url, verifyPolicies: true }), AppModule];
  const app = (await Test.createTestingModule({ imports }).compile()).createNestApplication();
  prepare(app);
  await app.listen(0, '127.0.0.1');
  return {
    app,
    url: await app.getUrl(),
    close: async () => {
      await app.close();
      await opa.stop();
    },
  };
}
