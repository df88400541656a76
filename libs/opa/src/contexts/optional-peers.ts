// The exceptions of optional peers, loaded when the first one is needed: whoever has such a context has its peer.

/** Makes the error of an MCP server, whose client gets its code and data. */
export async function protocolError(code: number, message: string, data: object | undefined): Promise<Error> {
  const { ProtocolError } = await import('@modelcontextprotocol/server');
  return new ProtocolError(code, message, data);
}

/** Makes the exception of a microservice, whose client gets the error as it is. */
export async function rpcException(error: object): Promise<Error> {
  const { RpcException } = await import('@nestjs/microservices');
  return new RpcException(error);
}

/** Makes the exception of a WebSocket gateway, whose client gets the error as Nest's event `exception`. */
export async function wsException(error: object): Promise<Error> {
  const { WsException } = await import('@nestjs/websockets');
  return new WsException(error);
}

/** Makes the response with which a RabbitMQ handler has its message dropped, or dead-lettered. */
export async function nackWithoutRequeue(): Promise<unknown> {
  const { Nack } = await import('@golevelup/nestjs-rabbitmq');
  return new Nack(false);
}
