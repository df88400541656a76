import type { ExecutionContext } from '@nestjs/common';
import { ForbiddenException, HttpException, Logger } from '@nestjs/common';
import type { Decision } from '../contracts/index.js';
import { DENIED_MESSAGE, logFailure, refusalOf } from '../decision/index.js';
import type { ContextKind } from '../input/index.js';
import { kindOf } from '../input/index.js';
import { describeDenial } from './denial-log.js';
import { graphqlPoint } from './graphql.js';
import { grpcPoint } from './grpc.js';
import { httpPoint } from './http.js';
import { mcpPoint } from './mcp.js';
import type { EnforcementPoint } from './point.js';
import { rpcPoint } from './rpc.js';
import { wsPoint } from './ws.js';

const POINTS: Readonly<Partial<Record<ContextKind, EnforcementPoint>>> = {
  http: httpPoint,
  graphql: graphqlPoint,
  ws: wsPoint,
  rpc: rpcPoint,
  grpc: grpcPoint,
  mcp: mcpPoint,
};

const logger = new Logger('OpaEnforcement');

/** The refusal of a context whose kind isn't known. */
export class UnknownContextException extends ForbiddenException {}

/**
 * The enforcement point of a context.
 *
 * @throws UnknownContextException on a kind that isn't known: nothing is let through because nobody knows what it is
 */
export function pointOf(context: ExecutionContext): EnforcementPoint {
  const kind = kindOf(context);
  const point = kind && POINTS[kind];
  if (point !== undefined) return point;
  logger.error(`A context of type "${context.getType<string>()}" is not known; it is refused.`);
  throw new UnknownContextException(DENIED_MESSAGE);
}

/** The error with which a denied request is refused. */
export async function denial(context: ExecutionContext, decision: Decision): Promise<Error> {
  logger.debug(describeDenial(context, decision));
  return pointOf(context).denial(context, decision);
}

/**
 * The error with which a request is refused that could not be decided; address and cause go to the log alone.
 *
 * @param error - an HttpException is the application's word to its client, and stays what it is
 */
export async function failure(context: ExecutionContext, error: unknown): Promise<Error> {
  if (error instanceof HttpException) return exceptionIn(context, error);
  logFailure(logger, error);
  return pointOf(context).failure(context, error);
}

/** Gives what `OpaService.enforce` has thrown the form of a context; any other error stays as it is. */
export async function inFormOf(context: ExecutionContext, thrown: Error): Promise<Error> {
  const refusal = refusalOf(thrown);
  if (refusal === undefined) return thrown;
  return 'decision' in refusal ? denial(context, refusal.decision) : failure(context, refusal.error);
}

async function exceptionIn(context: ExecutionContext, exception: HttpException): Promise<Error> {
  const formed = await inFormOf(context, exception);
  return formed === exception ? (pointOf(context).exception?.(context, exception) ?? exception) : formed;
}
