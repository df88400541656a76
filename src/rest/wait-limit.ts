import type { ClientRequest } from 'node:http';
import type { Readable } from 'node:stream';

/** An upstream sent no byte of its response within a time limit. */
export class UpstreamTimeoutError extends Error {
  constructor(ms: number) {
    super(`no bytes of a response within ${ms} ms`);
  }
}

/** How often responses with a status 1xx renew the limit. An upstream could send such responses without end. */
const MAX_RENEWALS = 100;

/**
 * Ends a request with a {@link UpstreamTimeoutError} when the upstream does not begin its response in time. The time begins with
 * the last part of the body that the gateway sent, or with one of the first 100 responses with a status 1xx. A client
 * that sends its body slowly does not count.
 *
 * @param ms - the limit in milliseconds
 */
export function limitWait(outgoing: ClientRequest, body: Readable | undefined, ms: number): void {
  const timer = setTimeout(() => {
    const isClientSlow = !outgoing.writableEnded && !outgoing.writableNeedDrain;
    if (isClientSlow) timer.refresh();
    else outgoing.destroy(new UpstreamTimeoutError(ms));
  }, ms);
  const refresh = (): void => void timer.refresh();
  const stop = (): void => {
    clearTimeout(timer);
    body?.off('data', refresh);
  };
  let renewals = 0;
  const renew = (): void => {
    renewals += 1;
    if (renewals <= MAX_RENEWALS) timer.refresh();
  };
  body?.on('data', refresh);
  outgoing.once('response', stop).once('upgrade', stop).once('close', stop).on('information', renew);
}
