import type { ExecutionContext } from '@nestjs/common';
import { OpaError } from '../../contracts/index.js';
import type { HttpRequest } from '../../input/index.js';

/** A place in a GraphQL answer, from within. */
export interface GraphqlPath {
  /** A response key, or an index of a list. */
  readonly key: string | number;
  readonly prev?: GraphqlPath | undefined;
}

/** What the library reads of GraphQL's resolve info. */
export interface GraphqlInfo {
  readonly fieldName: string;
  readonly parentType: { readonly name: string };
  readonly operation: {
    readonly operation: string;
    readonly name?: { readonly value: string } | undefined;
  };
  readonly path?: GraphqlPath | undefined;
}

/** What a subscription's connection brings along, as graphql-ws has it. */
interface Connection {
  readonly request?: unknown;
  readonly user?: unknown;
}

/** What Apollo and Mercurius put in a GraphQL context; an application may add to it and replace it. */
export interface GraphqlContext {
  /** The HTTP request; on Apollo's subscriptions the connection of graphql-ws. */
  readonly req?: { readonly res?: unknown; readonly extra?: Connection } | undefined;
  readonly res?: unknown;
  /** Mercurius: Fastify's reply, of which a subscription has nothing but the request. */
  readonly reply?: { readonly request?: unknown } | undefined;
  readonly extra?: Connection | undefined;
  readonly user?: unknown;
}

/** A call of a resolver. */
export interface GraphqlCall {
  /** The field's arguments; of a federation's reference resolver the reference. */
  readonly args: unknown;
  readonly info: GraphqlInfo;
}

/**
 * The call of a GraphQL context.
 *
 * @throws OpaError `OPA_BAD_INPUT` when the arguments aren't a resolver's
 */
export function graphqlCall(context: ExecutionContext): GraphqlCall {
  const [args, , info] = resolverArguments(context);
  if (isInfo(info)) return { args, info };
  throw new OpaError(
    'OPA_BAD_INPUT',
    `${context.getClass().name}.${context.getHandler().name} was called without GraphQL's resolve info: there is no input for it.`,
  );
}

/** The GraphQL context of a call, empty when there is none. */
export function graphqlContext(context: ExecutionContext): GraphqlContext {
  const [, found] = resolverArguments(context);
  return typeof found === 'object' && found !== null ? found : {};
}

/** The HTTP request that carried an operation, or opened a subscription's connection, if one did. */
export function graphqlRequest(context: ExecutionContext): HttpRequest | undefined {
  const { reply, req, extra } = graphqlContext(context);
  return [reply?.request, req?.extra?.request, req, extra?.request].find(isRequest);
}

/** Whom the request, the connection or the GraphQL context has as its user. */
export function graphqlUser(context: ExecutionContext): unknown {
  const { req, extra, user } = graphqlContext(context);
  return graphqlRequest(context)?.user ?? req?.extra?.user ?? extra?.user ?? user;
}

// A federation's reference resolver gets (reference, context, info), every other (parent, arguments, context, info).
function resolverArguments(context: ExecutionContext): [args: unknown, context: unknown, info: unknown] {
  const given = context.getArgs<unknown[]>();
  const [args, found, info] = given.length === 3 ? given : given.slice(1);
  return [args, found, info];
}

function isInfo(info: unknown): info is GraphqlInfo {
  const { fieldName, operation } = (info ?? {}) as Partial<Record<keyof GraphqlInfo, unknown>>;
  return typeof fieldName === 'string' && typeof operation === 'object';
}

function isRequest(value: unknown): value is HttpRequest {
  const { headers } = (value ?? {}) as { headers?: unknown };
  return typeof headers === 'object' && headers !== null;
}
