import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { AxiosError, isAxiosError } from 'axios';
import { OpaError } from '../../contracts/index.js';
import type { WireConfig } from './lean-adapter.js';
import { WireCall } from './lean-adapter.js';
import type { Origin } from '../origin.js';

/** The adapter that sends a decision's request. */
export interface DecisionAdapter {
  readonly adapter: AxiosRequestConfig['adapter'];
  readonly replaced: boolean;
}

/**
 * The response of OPA in an axios error. An interceptor or adapter may throw for a status such as 401; the status decides
 * in this case too. `undefined` for a status of 200, and for the response to an interceptor's own request.
 */
export function refusalIn(error: unknown, { replaced }: DecisionAdapter): AxiosResponse<unknown> | undefined {
  if (!isAxiosError<unknown>(error)) return undefined;
  const response: Partial<AxiosResponse<unknown>> = error.response ?? {};
  if (typeof response.status !== 'number' || response.status === 200) return undefined;
  const config: WireConfig | undefined = response.config ?? error.config;
  const isDecision = !config || config.wireCall instanceof WireCall;
  return replaced || isDecision ? error.response : undefined;
}

/** Turns an error of a request through axios, without a response of OPA, into the public error. */
export function axiosFailure(error: unknown, origin: Origin, decisionAdapter: DecisionAdapter): OpaError {
  if (error instanceof OpaError) return error;
  if (isOfAdapter(error, decisionAdapter)) {
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

// An error of an interceptor must not look like an outage. Interceptors can make axios errors, or get them from requests
// of their own. The pool's adapter throws no axios errors, but an adapter that an interceptor gave the request does, and a
// replaced adapter may send another request. `isAxiosError` holds across the builds of axios, which have a class each.
function isOfAdapter(error: unknown, { adapter, replaced }: DecisionAdapter): error is AxiosError {
  if (!isAxiosError(error) || error.response) return false;
  if (replaced) return true;
  const config: WireConfig | undefined = error.config;
  const isOtherAdapter = config?.adapter !== undefined && config.adapter !== adapter;
  return isOtherAdapter && config.wireCall instanceof WireCall && error.code !== AxiosError.ERR_CANCELED;
}
