import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { fromJson, makeObject, makeSet } from '../../src/index.js';
import type { Value } from '../../src/index.js';
import { cachedGoModule } from './go-module.js';

/** The version whose cases are run. */
const VERSION = '1.22.2';
const MODULE = `github.com/open-policy-agent/opa@v${VERSION}`;
const PROGRAM = join(import.meta.dirname, 'cases', 'main.go');

/** A term as the Go program writes it. */
type Tagged =
  | { readonly array: readonly Tagged[] }
  | { readonly set: readonly Tagged[] }
  | { readonly object: readonly (readonly [Tagged, Tagged])[] }
  | { readonly scalar: Value };

/** One of OPA's own cases. */
export interface OpaCase {
  readonly note: string;
  readonly path: string;
  readonly plan: Value;
  readonly data: string;
  readonly input?: Tagged;
  readonly strict: boolean;
  readonly env?: Record<string, string>;
  /** What OPA answers, as JSON. */
  readonly result?: string;
  readonly errorCode?: string;
  readonly error?: string;
  /** Why the case can't be asked here. */
  readonly leftOut?: string;
}

/**
 * Reads OPA's own cases, as plans, with the results of OPA. A Go program reads them from OPA's Go module. They are
 * stored until the version or the program changes.
 *
 * @throws Error when Go or the module is missing: ask {@link hasOpaCases} first
 */
export function opaCases(): readonly OpaCase[] {
  const module = cachedGoModule(MODULE);
  if (module === undefined) throw new Error(`Run: go install ${MODULE}`);
  const hash = createHash('sha256').update(readFileSync(PROGRAM)).digest('hex').slice(0, 12);
  const folder = process.env['NESTJS_OPA_CACHE'] ?? join(homedir(), '.cache', 'nestjs-opa');
  const file = join(folder, `cases-${VERSION}-${hash}.ndjson`);
  if (!existsSync(file)) {
    const lines = execFileSync('go', ['run', PROGRAM], { cwd: module, maxBuffer: 2 ** 30 });
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${file}.${process.pid}`, lines);
    renameSync(`${file}.${process.pid}`, file);
  }
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => fromJson(line) as unknown as OpaCase);
}

/** Whether Go and OPA's Go module are here. */
export const hasOpaCases = (): boolean => cachedGoModule(MODULE) !== undefined;

/** The value of a term. */
export function valueOf(term: Tagged): Value {
  if ('array' in term) return term.array.map(valueOf);
  if ('set' in term) return makeSet(term.set.map(valueOf));
  if ('object' in term) return makeObject(term.object.map(([key, value]) => [valueOf(key), valueOf(value)]));
  return term.scalar;
}
