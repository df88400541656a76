import { Logger } from '@nestjs/common';
import { startFailure, startGateway } from 'nestjs-opa-gateway';
import { banner } from './banner.js';
import { startDemo } from './demo.js';
import { inProject } from './project.js';

/** `npm start`: the demo's upstreams, and the gateway on the project's own `gateway.yaml` in front of them. */
async function main(): Promise<void> {
  const env = await startDemo(process.env);
  const { url } = await startGateway(inProject('gateway.yaml'), env);
  process.stdout.write(await banner(url, env));
  new Logger('Gateway').log(`Listening on ${url}`);
}

main().catch((error: unknown) => {
  console.error(startFailure(error));
  process.exit(1);
});
