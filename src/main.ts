import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { OpaError } from 'nestjs-opa';
import { ConfigError, loadConfig, variable } from './config/index.js';
import { banner } from './demo/banner.js';
import { startDemo } from './demo/demo.js';
import { inProject } from './demo/project.js';
import { startGateway } from './start.js';

/** The gateway on the file that `GATEWAY_CONFIG` names, else the demo on the project's own. */
async function main(): Promise<void> {
  const file = variable(process.env, 'GATEWAY_CONFIG');
  const env = file === undefined ? await startDemo(process.env) : process.env;
  const config = await loadConfig(file ?? inProject('gateway.yaml'), env);
  const port = await startGateway(config, env);
  if (file === undefined) process.stdout.write(await banner(config, port, env));
  const { host } = config.listen;
  new Logger('Gateway').log(`Listening on http://${host.includes(':') ? `[${host}]` : host}:${port}`);
}

main().catch((error: unknown) => {
  const known = error instanceof ConfigError || error instanceof OpaError;
  const line = known ? error.message.replace(/\s*\n\s*/g, ' ') : error;
  console.error('The gateway did not start:', line);
  process.exit(1);
});
