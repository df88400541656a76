import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { AxiosError, isAxiosError } from 'axios';
import { OpaError } from '../../contracts/index.js';
import type { WireConfig } from './lean-adapter.js';
import { WireCall } from './lean-adapter.js';
import type { Origin } from '../origin.js';

/** Who answers a decision's request: the pool's own adapter, unless somebody has replaced it. */
export interface Answering {
  readonly adapter: AxiosRequestConfig['adapter'];
  readonly replaced: boolean;
}

/**
 * The answer that an axios error carries: an interceptor or adapter that takes OPA's refusal for a failure doesn't change
 * what it means. Not with 200, which OPA didn't refuse with, nor the answer to a request of an interceptor's own.
 */
export function refusalIn(error: unknown, { replaced }: Answering): AxiosResponse<unknown> | undefined {
  if (!isAxiosError<unknown>(error)) return undefined;
  const answer: Partial<AxiosResponse<unknown>> = error.response ?? {};
  if (typeof answer.status !== 'number' || answer.status === 200) return undefined;
  const config: WireConfig | undefined = answer.config ?? error.config;
  const own = !config || config.wireCall instanceof WireCall;
  return replaced || own ? error.response : undefined;
}

/** Turns what a request through axios failed with, and that is no answer, into the public error. */
export function axiosFailure(error: unknown, origin: Origin, answering: Answering): OpaError {
  if (error instanceof OpaError) return error;
  if (isOfAdapter(error, answering)) {
    const late = error.code === AxiosError.ECONNABORTED || error.code === AxiosError.ETIMEDOUT;
    const what = `OPA at ${origin.url}: ${error.message}.`;
    return new OpaError(late ? 'OPA_TIMEOUT' : 'OPA_UNREACHABLE', what, { cause: error });
  }
  return interceptorFailed(error);
}

/** The error of a decision whose interceptor threw an error of its own. */
export function interceptorFailed(cause: unknown): OpaError {
  return new OpaError('OPA_BAD_INPUT', "An interceptor of the OPA module's HttpService failed.", { cause });
}

// What an interceptor fails with must not look like an outage, and axios errors can be of its making, or of a request of
// its own. The pool's adapter gives none; one that an interceptor gave the request does, and a replaced one may ask by
// another request. By axios' own mark, for its builds have a class each.
function isOfAdapter(error: unknown, { adapter, replaced }: Answering): error is AxiosError {
  if (!isAxiosError(error) || error.response) return false;
  if (replaced) return true;
  const config: WireConfig | undefined = error.config;
  const given = config?.adapter !== undefined && config.adapter !== adapter;
  return given && config.wireCall instanceof WireCall && error.code !== AxiosError.ERR_CANCELED;
}
