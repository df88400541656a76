// Exceptions of optional peer dependencies. Each import runs at first use: an application with such a context has the peer.

/** Makes the error of an MCP server. The client gets its code, message and data. */
export async function protocolError(code: number, message: string, data: object | undefined): Promise<Error> {
  const { ProtocolError } = await import('@modelcontextprotocol/server');
  return new ProtocolError(code, message, data);
}

/** Makes the exception of a microservice. The client gets the error object unchanged. */
export async function rpcException(error: object): Promise<Error> {
  const { RpcException } = await import('@nestjs/microservices');
  return new RpcException(error);
}

/** Makes the exception of a WebSocket gateway. The client gets the error object as Nest's event `exception`. */
export async function wsException(error: object): Promise<Error> {
  const { WsException } = await import('@nestjs/websockets');
  return new WsException(error);
}

/** Makes the response with which a RabbitMQ handler tells the broker to drop or dead-letter the message. */
export async function nackWithoutRequeue(): Promise<unknown> {
  const { Nack } = await import('@golevelup/nestjs-rabbitmq');
  return new Nack(false);
}
