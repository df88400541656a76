import type { OpaDecisionEvent } from '../../contracts/index.js';
import { messageOf } from '../../contracts/index.js';
import { customOf } from './log-custom.js';
import { metricsOf } from './log-metrics.js';

/** Identify the process in every logged event. OPA's own labels are `id` and `version`. */
export interface LogLabels {
  /** A random id of the process. */
  readonly id: string;
  /** The version of the library. */
  readonly version: string;
  readonly [name: string]: string;
}

/**
 * Writes decision events as JSON, in the format of OPA's decision log, so that a reader of OPA's log reads them too.
 *
 * @remarks The input is the JSON text that the engine got: nothing serializes the input a second time.
 * @see {@link https://www.openpolicyagent.org/docs/management-decision-logs | Decision logs}
 */
export class LogEventWriter {
  private requests = 0;
  private readonly labels: string;

  constructor(labels: LogLabels) {
    this.labels = JSON.stringify(labels);
  }

  /**
   * Writes one event.
   *
   * @returns a JSON object without line breaks. A result that JSON cannot hold is left out, and `custom.result_error` says
   * why, so that no event is lost.
   */
  write(event: OpaDecisionEvent): string {
    const { inputJson, error, revision } = event;
    const result = written(event.result);
    const fields = JSON.stringify({
      decision_id: event.decisionId,
      trace_id: event.traceId,
      span_id: event.spanId,
      // The library knows the revision, not the name that OPA has for the bundle.
      bundles: revision === undefined ? undefined : { [event.engine]: { revision } },
      path: event.policy,
      error: error && { code: error.code, message: error.message },
      requested_by: event.point,
      timestamp: nanosecondTime(event.timestamp),
      metrics: metricsOf(event),
      // OPA's readers expect a number here. The id of the client's request is in `custom`.
      req_id: (this.requests += 1),
      custom: { ...customOf(event), result_error: result.error },
    });
    const input = inputJson === undefined ? '' : `,"input":${inputJson}`;
    const document = result.json === undefined ? '' : `,"result":${result.json}`;
    return `${fields.slice(0, -1)},"labels":${this.labels}${input}${document}}`;
  }
}

// An engine of the application's own may give any value as a result.
function written(value: unknown): { readonly json?: string | undefined; readonly error?: string } {
  try {
    return { json: JSON.stringify(value) };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

// RFC 3339 with nine digits, as OPA writes. A Date has milliseconds only.
const nanosecondTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000000Z`;
