/** The kinds of execution context that a policy can decide. Every other kind is refused. */
export type ContextKind = 'http' | 'graphql' | 'ws' | 'rpc' | 'grpc' | 'mcp' | 'rabbitmq';
