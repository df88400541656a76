/** How a refused message is told to its publisher. */
export interface RabbitRefusalBody {
  readonly status: 'error';
  readonly code: string;
  readonly message: string;
  readonly reasons?: readonly string[];
  readonly decisionId?: string;
}

/** The refusal of a message, on its way to the filter that turns it into a reply or a nack. */
export class RabbitRefusal extends Error {
  /**
   * @param body - what the publisher of an RPC is told
   * @param isFinal - whether another delivery of the same message would be refused again: it is not to be requeued
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
