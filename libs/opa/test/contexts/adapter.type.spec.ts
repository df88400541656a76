import { expect, it } from '@jest/globals';
import type { ContextAdapter } from '../../src/contexts/index.js';
import { CONTEXTS } from '../../src/contexts/index.js';
import type { ContextKind } from '../../src/contracts/index.js';

// The type check of the repository compiles this file: an expected error that does not occur fails it.
type Registry = Readonly<Record<ContextKind, ContextAdapter>>;

const { mcp, ...withoutMcp } = CONTEXTS;
// @ts-expect-error a registry lacks a kind
export const incomplete: Registry = withoutMcp;

const { source, ...withoutSource } = CONTEXTS.http;
// @ts-expect-error an adapter lacks the input of a call
export const noSource: ContextAdapter = withoutSource;

const { point, ...withoutPoint } = CONTEXTS.http;
// @ts-expect-error an adapter lacks the enforcement point
export const noPoint: ContextAdapter = withoutPoint;

const { results, ...withoutResults } = CONTEXTS.http;
// @ts-expect-error an adapter does not say how results leave
export const noResults: ContextAdapter = withoutResults;

const { audit, ...withoutAudit } = CONTEXTS.http;
// @ts-expect-error an adapter does not say which handlers exist, nor whether global guards reach them
export const noAudit: ContextAdapter = withoutAudit;

const { globalReach, ...withoutReach } = audit;
// @ts-expect-error an audit does not say whether global guards reach the handlers
export const noReach: ContextAdapter = { ...withoutAudit, audit: withoutReach };

const { failure, ...withoutFailure } = point;
// @ts-expect-error an enforcement point has no form for failed decisions
export const noFailure: ContextAdapter = { ...withoutPoint, point: withoutFailure };

it('every kind of context has its own adapter', () => {
  const parts = [mcp, source, point, results, globalReach, failure];
  expect(parts).not.toContain(undefined);
  const adapters = Object.values(CONTEXTS);
  expect(new Set(adapters).size).toBe(adapters.length);
  expect(Object.keys(CONTEXTS)).toEqual(['http', 'graphql', 'ws', 'mcp', 'grpc', 'rpc', 'rabbitmq']);
});
