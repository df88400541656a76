import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

/** A decision in a decision log. */
export type LogEntry = Readonly<Record<string, unknown>>;

/** A log service, as OPA uploads to one. */
export interface LogService {
  readonly entries: readonly LogEntry[];
  /** The arguments that let OPA upload its log at once. */
  readonly args: readonly string[];
  close(): Promise<void>;
}

/** Starts a log service that keeps what it gets. */
export async function startLogService(): Promise<LogService> {
  const entries: LogEntry[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      entries.push(...(JSON.parse(gunzipSync(body).toString()) as LogEntry[]));
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = [
    `services.log.url=${url}`,
    'decision_logs.service=log',
    'decision_logs.reporting.min_delay_seconds=1',
    'decision_logs.reporting.max_delay_seconds=1',
    // OPA writes trace ids only with tracing. Nothing listens on this address, and OPA does not need it.
    'distributed_tracing.type=grpc',
    'distributed_tracing.address=127.0.0.1:1',
  ];
  return {
    entries,
    // OPA writes `req_id` and `requested_by` only at the level `info`.
    args: ['--log-level', 'info', ...settings.flatMap((setting) => ['--set', setting])],
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
