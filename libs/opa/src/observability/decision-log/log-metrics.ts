import type { OpaDecisionEvent } from '../../contracts/index.js';

/**
 * Gives the timers of a logged event, in whole nanoseconds.
 *
 * @remarks `timer_server_handler_ns` is OPA's name for the time of a whole decision. The other timers are the phases of a
 * request to a remote OPA, which OPA itself does not know.
 */
export function metricsOf({ durationMs, timings }: OpaDecisionEvent): Readonly<Record<string, number>> {
  return {
    timer_server_handler_ns: nanoseconds(durationMs),
    ...(timings !== undefined && {
      timer_credential_ns: nanoseconds(timings.credential),
      timer_axios_ns: nanoseconds(timings.axios),
      timer_queue_ns: nanoseconds(timings.queue),
      timer_connect_ns: nanoseconds(timings.connect),
      timer_opa_ns: nanoseconds(timings.opa),
    }),
  };
}

const nanoseconds = (ms: number): number => Math.round(ms * 1e6);
