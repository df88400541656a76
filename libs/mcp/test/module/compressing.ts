import { createGzip } from 'node:zlib';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Replaces the methods of a response as the Express middleware `compression` 1.8 does: a chunk waits in gzip's buffer
 * until `flush`, and `end` knows no callback.
 */
export function compressing(
  _request: IncomingMessage,
  response: ServerResponse & { flush?: () => void },
  next: () => void,
): void {
  const gzip = createGzip();
  const end = response.end.bind(response);
  const write = response.write.bind(response);
  gzip.on('data', (chunk: Buffer) => void write(chunk));
  gzip.on('end', () => void end());
  response.setHeader('content-encoding', 'gzip');
  response.flush = () => {
    gzip.flush();
  };
  response.write = ((chunk: string | Buffer) => gzip.write(chunk)) as typeof response.write;
  response.end = ((chunk?: string | Buffer) => {
    gzip.end(chunk === undefined ? undefined : Buffer.from(chunk as string));
    return response;
  }) as typeof response.end;
  next();
}
