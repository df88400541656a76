/** The reply to the publisher of a refused RPC. */
export interface RabbitRefusalBody {
  readonly status: 'error';
  readonly code: string;
  readonly message: string;
  readonly reasons?: readonly string[];
  readonly decisionId?: string;
  /** The seconds until a rate limit lets the next message pass. */
  readonly retryAfter?: number;
}

/** The error that refuses a message. `RabbitRefusalFilter` converts it into a reply or a nack. */
export class RabbitRefusal extends Error {
  /**
   * @param body - the reply to the publisher of an RPC
   * @param isFinal - whether a second delivery of the same message would be refused too, so that it must not be requeued
   * @param expectsReply - whether a publisher waits for a reply
   */
  constructor(
    readonly body: RabbitRefusalBody,
    readonly isFinal: boolean,
    readonly expectsReply: boolean,
    options?: ErrorOptions,
  ) {
    super(body.message, options);
  }
}
