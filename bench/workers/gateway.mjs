// The gateway in a process of its own, as `npm run build` has made it, in front of one MCP server or one REST server.
import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { startGateway } from '../../dist/start.js';
import { watchCpu } from '../lib/gauges.mjs';
import { serve, task } from '../lib/worker.mjs';

const { opa, jwks, entry, upstream } = task();
const folder = mkdtempSync(join(tmpdir(), 'nestjs-opa-bench-'));
const file = (name, content) => {
  writeFileSync(join(folder, name), JSON.stringify(content));
  return join(folder, name);
};
const serveMcp = () => ({
  auth: { jwks: file('jwks.json', jwks), issuer: 'https://bench.example', audience: 'bench' },
  mcp: [{ name: 'bench', ...entry }],
});
const entries = upstream === undefined ? serveMcp() : { upstreams: [{ name: 'bench', ...upstream }] };
const config = file('gateway.json', { listen: { port: 0 }, opa, ...entries });

// The client counts the requests that are refused.
Logger.overrideLogger(false);
const { port } = await startGateway(config, {});
rmSync(folder, { recursive: true });

let cpu;
serve(
  {
    beginCpu: () => (cpu = watchCpu()) && undefined,
    endCpu: () => cpu(),
    weigh: () => {
      globalThis.gc();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    },
  },
  { port, path: upstream === undefined ? '/mcp/bench' : '/api/bench' },
);
