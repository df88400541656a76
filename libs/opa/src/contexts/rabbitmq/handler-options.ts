/** What `@RabbitSubscribe` and `@RabbitRPC` are given. */
export interface RabbitHandlerOptions {
  readonly type?: 'subscribe' | 'rpc';
  readonly exchange?: string;
  readonly routingKey?: string | readonly string[];
  readonly queue?: string;
  /** The name of options in the module's `handlers`. */
  readonly name?: string;
}

/** The description of the symbol that `@golevelup/nestjs-rabbitmq` marks handlers with. The symbol is not global. */
const HANDLER = 'RABBIT_HANDLER';

/** The options of a RabbitMQ handler; `undefined` for other methods. */
export function rabbitHandlerOptions(method: object): RabbitHandlerOptions | undefined {
  const key = Reflect.getMetadataKeys(method).find(
    (name: unknown) => typeof name === 'symbol' && name.description === HANDLER,
  ) as symbol | undefined;
  return key === undefined ? undefined : (Reflect.getMetadata(key, method) as RabbitHandlerOptions);
}
