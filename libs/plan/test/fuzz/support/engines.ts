import { startOpa } from 'nestjs-opa/testing';
import type { OpaServer } from 'nestjs-opa/testing';

import { fromJson, get, loadPlan, PlanError, toJson } from '../../../src/index.js';
import type { Policy, Value } from '../../../src/index.js';
import { bundleOf } from '../../support/build.js';

/** A policy in OPA's server and in opa-plan. */
export interface Engines {
  /** What OPA answers: JSON, `undefined` or the code of an error. */
  opa(path: string, input?: Value): Promise<string>;
  /** What opa-plan answers. */
  plan(path: string, input?: Value): string;
  stop(): Promise<void>;
}

const CODES: Readonly<Record<string, string>> = { eval_conflict_error: 'CONFLICT' };

/** What both are given. */
export interface FuzzedPolicy {
  readonly rego: string;
  /** Further modules. */
  readonly more?: readonly string[];
  readonly entrypoints: readonly string[];
  /** The text of `data.json`. */
  readonly data?: string;
  /** Further arguments of `opa build` and `opa run`. */
  readonly args?: readonly string[];
  /** Further arguments of `opa run`. */
  readonly serverArgs?: readonly string[];
}

/** Gives a policy to both. */
export async function startEngines(sources: FuzzedPolicy): Promise<Engines> {
  const { rego, more = [], data = '{}', args = [], serverArgs = [] } = sources;
  const policy = await loadPlan(bundleOf(sources));
  const modules = Object.fromEntries([rego, ...more].map((text, index) => [`policy${index}.rego`, text]));
  const server = await startOpa({
    rego: modules,
    data: JSON.parse(data) as object,
    args: [...args, ...serverArgs],
  });
  return {
    opa: (path, input) => answerOfOpa(server, path, input),
    plan: (path, input) => answerOfPlan(policy, path, input),
    stop: () => server.stop('SIGKILL'),
  };
}

async function answerOfOpa({ url }: OpaServer, path: string, input?: Value): Promise<string> {
  const response = await fetch(`${url}/v1/data/${path}`, {
    method: 'POST',
    body: input === undefined ? '{}' : `{"input":${toJson(input)}}`,
  });
  const body = fromJson(await response.text());
  if (response.ok) return textOf(get(body, 'result'));
  const errors = get(body, 'errors');
  const code = get(get(errors ?? null, 0) ?? body, 'code');
  return typeof code === 'string' ? (CODES[code] ?? code) : toJson(body);
}

function answerOfPlan(policy: Policy, path: string, input?: Value): string {
  try {
    return policy.evaluateToJson(path, input) ?? 'undefined';
  } catch (error) {
    if (error instanceof PlanError) return error.code;
    throw error;
  }
}

const textOf = (value: Value | undefined) => (value === undefined ? 'undefined' : toJson(value));
