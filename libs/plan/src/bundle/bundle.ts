import { PlanError } from '../error.js';
import { isObject } from '../values/index.js';
import type { JsonObject, Value } from '../values/index.js';
import { unpack } from './archive.js';
import type { ArchiveFiles } from './archive.js';
import { readData } from './data.js';
import { parseFile } from './parse.js';

/** The content of a bundle. */
export interface Bundle {
  /** The plan as JSON. `readPlan` checks it later. */
  readonly plan: Value;
  readonly data: Value;
  readonly revision: string;
}

/** Reads the bytes of a bundle: the tar.gz file that `opa build -t plan` writes. */
export async function readBundle(packed: Uint8Array, maxUnpackedBytes: number): Promise<Bundle> {
  const files = await unpack(packed, maxUnpackedBytes);
  const plan = files.get('/plan.json');
  if (!plan) throw withoutPlan(files);
  return {
    plan: await parseFile('/plan.json', plan),
    data: await readData(files),
    revision: await revisionOf(files),
  };
}

function withoutPlan(files: ArchiveFiles): PlanError {
  if (files.has('/patch.json'))
    return new PlanError('INVALID_BUNDLE', 'The bundle is a delta: give the whole bundle');
  const other = files.has('/policy.wasm') ? 'a Wasm policy and no plan' : 'no plan.json';
  return new PlanError('INVALID_BUNDLE', `The bundle has ${other}. Build it with opa build -t plan -e PATH.`);
}

async function revisionOf(files: ArchiveFiles): Promise<string> {
  const bytes = files.get('/.manifest');
  if (!bytes) return '';
  const manifest = await parseFile('/.manifest', bytes);
  const revision = isObject(manifest) ? ((manifest as JsonObject)['revision'] ?? '') : undefined;
  if (typeof revision === 'string') return revision;
  throw new PlanError(
    'INVALID_BUNDLE',
    'The .manifest of the bundle is not an object with a textual revision',
  );
}
