#!/usr/bin/env node
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { parseCommand, USAGE } from './command.js';
import { startFailure } from './start-failure.js';
import { startGateway } from './start.js';

async function main(): Promise<void> {
  const command = parseCommand(process.argv.slice(2), process.env);
  if (command === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const { url } = await startGateway(command.file, process.env);
  new Logger('Gateway').log(`Listening on ${url}`);
}

main().catch((error: unknown) => {
  console.error(startFailure(error));
  process.exit(1);
});
