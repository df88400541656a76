/** The options of `@RabbitSubscribe` and `@RabbitRPC` that the library reads. */
export interface RabbitHandlerOptions {
  readonly type?: 'subscribe' | 'rpc';
  readonly exchange?: string;
  readonly routingKey?: string | readonly string[];
  readonly queue?: string;
  /** The name of an entry in the RabbitMQ module's option `handlers`. */
  readonly name?: string;
}

/** The description of the symbol that `@golevelup/nestjs-rabbitmq` marks handlers with. The symbol is not global. */
const HANDLER = 'RABBIT_HANDLER';

/** Returns the options of a RabbitMQ handler; `undefined` for other methods. */
export function rabbitHandlerOptions(method: object): RabbitHandlerOptions | undefined {
  const key = Reflect.getMetadataKeys(method).find(
    (name: unknown) => typeof name === 'symbol' && name.description === HANDLER,
  ) as symbol | undefined;
  return key === undefined ? undefined : (Reflect.getMetadata(key, method) as RabbitHandlerOptions);
}
