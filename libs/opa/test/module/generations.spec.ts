import { afterEach, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cleanUp, scripted, healthy } from '../resilience/support.js';

const run = promisify(execFile);
const script = join(import.meta.dirname, 'fixtures', 'guarded-load.mjs');
/** No optimizing, and no full garbage collection in between. */
const FLAGS = [
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--no-allocation-site-pretenuring',
  '--initial-heap-size=512',
];

afterEach(cleanUp);

// A request and all that belongs to it is 4 kB; a closure or table that reaches it from the old generation keeps it.
it('no object of a guarded request outlives the request', async () => {
  const { url } = await scripted(healthy);
  const { stdout } = await run(process.execPath, [...FLAGS, script, url]);
  const { bytes, full } = JSON.parse(stdout) as { bytes: number; full: number };
  expect(full).toBe(0);
  expect(bytes).toBeLessThan(500);
});
