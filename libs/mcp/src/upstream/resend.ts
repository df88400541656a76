import type { Dispatcher } from 'undici';
import { isReusedSocketClosed } from './connector.js';

type Handler = Dispatcher.DispatchHandler;
type Controller = Dispatcher.DispatchController;

/**
 * Sends a GET or HEAD once more when the upstream closed or reset a reused connection before its response began.
 * No other method is sent again: the upstream may have received and run the request. Use with `Dispatcher.compose`, on a
 * pool whose `connect` is {@link upstreamConnector}.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 | RFC 9110, 9.2.2}
 */
export const resendOnce: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  canSendAgain(options)
    ? dispatch(options, new ResendingHandler(handler, () => dispatch(options, handler)))
    : dispatch(options, handler);

/** Whether a request has a safe method and no stream as its body. */
const canSendAgain = ({ method, body }: Dispatcher.DispatchOptions): boolean =>
  (method === 'GET' || method === 'HEAD') && (body ?? null) === null;

/** Passes the events of a request to a handler, except the first error that allows to send the request again. */
class ResendingHandler implements Handler {
  private hasBegun = false;

  constructor(
    private readonly handler: Handler,
    private readonly resend: () => void,
  ) {}

  onRequestStart(controller: Controller, context: unknown): void {
    this.handler.onRequestStart?.(controller, context);
  }

  /** undici calls this method at the first byte of a response. */
  onResponseStarted(): void {
    this.hasBegun = true;
  }

  onRequestUpgrade(...event: Parameters<NonNullable<Handler['onRequestUpgrade']>>): void {
    this.handler.onRequestUpgrade?.(...event);
  }

  onResponseStart(...event: Parameters<NonNullable<Handler['onResponseStart']>>): void {
    this.handler.onResponseStart?.(...event);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    this.handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(...event: Parameters<NonNullable<Handler['onResponseEnd']>>): void {
    this.handler.onResponseEnd?.(...event);
  }

  onResponseError(controller: Controller, error: Error): void {
    if (!this.hasBegun && isReusedSocketClosed(error)) this.resend();
    else this.handler.onResponseError?.(controller, error);
  }
}
