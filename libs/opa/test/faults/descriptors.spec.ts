import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { httpServer } from '../support.js';
import { bench } from './support/modules.js';

const { uses } = bench();
const run = promisify(execFile);
const script = join(import.meta.dirname, 'support', 'few-descriptors.mjs');

describe('a process without free file descriptors', () => {
  it('refuses every decision without fail-open, and decides again once descriptors are free', async () => {
    const { url } = await uses(httpServer((_request, response) => response.end('{"result":true}')));
    // The built library (npm test builds it), for that process has no Jest. Its modules take some descriptors at once.
    const child = ['-c', 'ulimit -n 512 && exec "$0" "$@"', process.execPath, script, url];
    const { stdout } = await run('sh', child);
    expect(JSON.parse(stdout)).toEqual({
      exhausted: Array(20).fill('OPA_OVERLOADED EMFILE'),
      recovered: Array(20).fill('allow'),
      inUse: 0,
      waiting: 0,
    });
  });
});
