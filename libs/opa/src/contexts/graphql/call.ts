import type { ExecutionContext } from '@nestjs/common';
import { OpaError } from '../../contracts/index.js';
import type { HttpRequest } from '../../input/index.js';

/** The path of a field in a GraphQL response, from the field up to the root. */
export interface GraphqlPath {
  /** A response key, or an index of a list. */
  readonly key: string | number;
  readonly prev?: GraphqlPath | undefined;
}

/** The members of GraphQL's `GraphQLResolveInfo` that the library reads. */
export interface GraphqlInfo {
  readonly fieldName: string;
  readonly parentType: { readonly name: string };
  readonly operation: {
    readonly operation: string;
    readonly name?: { readonly value: string } | undefined;
  };
  readonly path?: GraphqlPath | undefined;
}

/** The `extra` of a subscription's connection in graphql-ws. */
interface Connection {
  readonly request?: unknown;
  readonly user?: unknown;
}

/** The members that Apollo and Mercurius set on a GraphQL context. An application may add members or replace the context. */
export interface GraphqlContext {
  /** The HTTP request. For Apollo's subscriptions, the connection of graphql-ws. */
  readonly req?: { readonly res?: unknown; readonly extra?: Connection } | undefined;
  readonly res?: unknown;
  /** Mercurius only: Fastify's reply. For a subscription it holds only the request. */
  readonly reply?: { readonly request?: unknown } | undefined;
  readonly extra?: Connection | undefined;
  readonly user?: unknown;
}

/** One call of a resolver. */
export interface GraphqlCall {
  /** The arguments of the field. For a federated reference resolver, the reference. */
  readonly args: unknown;
  readonly info: GraphqlInfo;
}

/**
 * Returns the resolver call of a GraphQL context.
 *
 * @throws OpaError `OPA_BAD_INPUT` when the arguments are not those of a resolver
 */
export function graphqlCall(context: ExecutionContext): GraphqlCall {
  const [args, , info] = resolverArguments(context);
  if (isInfo(info)) return { args, info };
  throw new OpaError(
    'OPA_BAD_INPUT',
    `${context.getClass().name}.${context.getHandler().name} was called without GraphQL's resolve info, which the input needs. Let the GraphQL driver call it.`,
  );
}

/** Returns the GraphQL context of a call; an empty object without one. */
export function graphqlContext(context: ExecutionContext): GraphqlContext {
  const [, graphql] = resolverArguments(context);
  return typeof graphql === 'object' && graphql !== null ? graphql : {};
}

/** Finds the HTTP request that carried an operation, or that opened the connection of a subscription. */
export function graphqlRequest(context: ExecutionContext): HttpRequest | undefined {
  const { reply, req, extra } = graphqlContext(context);
  return [reply?.request, req?.extra?.request, req, extra?.request].find(isRequest);
}

/** Returns the user of the request, else of the connection, else of the GraphQL context. */
export function graphqlUser(context: ExecutionContext): unknown {
  const { req, extra, user } = graphqlContext(context);
  return graphqlRequest(context)?.user ?? req?.extra?.user ?? extra?.user ?? user;
}

// A federated reference resolver gets (reference, context, info). Others get (parent, arguments, context, info).
function resolverArguments(context: ExecutionContext): [args: unknown, context: unknown, info: unknown] {
  const all = context.getArgs<unknown[]>();
  const [args, graphql, info] = all.length === 3 ? all : all.slice(1);
  return [args, graphql, info];
}

function isInfo(info: unknown): info is GraphqlInfo {
  const { fieldName, operation } = (info ?? {}) as Partial<Record<keyof GraphqlInfo, unknown>>;
  return typeof fieldName === 'string' && typeof operation === 'object';
}

function isRequest(value: unknown): value is HttpRequest {
  const { headers } = (value ?? {}) as { headers?: unknown };
  return typeof headers === 'object' && headers !== null;
}
