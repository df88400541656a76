import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { OpaErrorCode, OpaQuery } from 'nestjs-opa';
import type { Fault } from './support/faulty-server.js';
import { ALLOW, httpResponse, repeat } from './support/faulty-server.js';

/** A fault, and the code that a decision is rejected with. */
export interface Row {
  readonly name: string;
  readonly fault: Fault;
  readonly code: OpaErrorCode;
  /** The query. Default: a small input and the default timeout. */
  readonly query?: OpaQuery;
  /** The input is so large that fail-open does not apply. Default: `false`. */
  readonly noFallback?: boolean;
}

/** A query with a deadline that passes long before the fault ends. */
const LATE: OpaQuery = { input: {}, timeout: 500 };
const MEGABYTE = Buffer.alloc(1024 * 1024, 'x');
const HEAD = 'HTTP/1.1 200 OK';
const CHUNKED = `${HEAD}\r\nTransfer-Encoding: chunked\r\n\r\n`;
const PLAIN = '{"result":true}';
const GZIP = gzipSync(`{"result":true,"metrics":"${'padding'.repeat(50)}"}`);

const reset = (socket: Socket): void => void socket.resetAndDestroy();
const responds = (bytes: string | Buffer): Fault => ({ request: (socket) => void socket.write(bytes) });
const respondsAndEnds = (bytes: string | Buffer): Fault => ({ request: (socket) => void socket.end(bytes) });
const respondsAndResets = (bytes: string | Buffer): Fault => ({
  // Reset only after the kernel has accepted the bytes: a reset discards bytes that are still in the process.
  request: (socket) => void socket.write(bytes, () => reset(socket)),
});
const json = (body: string | Buffer, ...headers: string[]): Fault =>
  responds(httpResponse(body, HEAD, ...headers));

/** Writes slowly. Each write makes progress, and none completes the response. */
function drips(bytes: Buffer, pauseMs: number, size: number): Fault {
  return {
    request: (socket) => {
      let sent = 0;
      repeat(socket, pauseMs, () => {
        socket.write(bytes.subarray(sent, sent + size));
        sent += size;
      });
    },
  };
}

/** Writes without an end, as fast as the client reads. */
function floods(begin: string, piece: Buffer): Fault {
  return {
    request: (socket) => {
      const pour = (): void => {
        while (socket.writable && socket.write(piece));
      };
      socket.on('drain', pour).write(begin);
      pour();
    },
  };
}

const hexOf = (bytes: Buffer): string => bytes.length.toString(16);

/** Faults of the connection. */
export const CONNECTION: readonly Row[] = [
  { name: 'reset as it is accepted', fault: { connect: reset }, code: 'OPA_UNREACHABLE' },
  { name: 'closed as it is accepted', fault: { connect: (s) => void s.destroy() }, code: 'OPA_UNREACHABLE' },
  { name: 'half-closed as it is accepted', fault: { connect: (s) => void s.end() }, code: 'OPA_UNREACHABLE' },
  { name: 'reset before the response', fault: { request: reset }, code: 'OPA_UNREACHABLE' },
  { name: 'reset in the head', fault: respondsAndResets(`${HEAD}\r\nConte`), code: 'OPA_UNREACHABLE' },
  { name: 'reset in the body', fault: respondsAndResets(ALLOW.subarray(0, -3)), code: 'OPA_UNREACHABLE' },
  {
    name: 'ended before the last chunk',
    fault: respondsAndEnds(`${CHUNKED}f\r\n${PLAIN}\r\n`),
    code: 'OPA_UNREACHABLE',
  },
  { name: 'no response', fault: {}, code: 'OPA_TIMEOUT', query: LATE },
  {
    name: 'no byte read of a large input',
    fault: { connect: (s) => void s.pause() },
    code: 'OPA_TIMEOUT',
    // A longer timeout, because writing the input takes time.
    query: { input: 'x'.repeat(8 * 1024 * 1024), timeout: 1_500 },
    noFallback: true,
  },
  { name: 'a head and no body', fault: responds(ALLOW.subarray(0, -15)), code: 'OPA_TIMEOUT', query: LATE },
  { name: 'a byte a second', fault: drips(ALLOW, 1_000, 1), code: 'OPA_TIMEOUT', query: LATE },
  { name: 'a byte every 10 ms', fault: drips(ALLOW, 10, 1), code: 'OPA_TIMEOUT', query: LATE },
  { name: '1 kB a second', fault: drips(httpResponse(MEGABYTE), 20, 20), code: 'OPA_TIMEOUT', query: LATE },
  {
    name: 'early hints without an end',
    fault: drips(Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000)), 10, 56),
    code: 'OPA_TIMEOUT',
    query: LATE,
  },
];

/** Faults of the response. `transport/answers.spec.ts` has the others. */
export const RESPONSE: readonly Row[] = [
  {
    name: 'another protocol',
    fault: responds(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n`),
    code: 'OPA_BAD_ANSWER',
  },
  { name: 'null', fault: json('null'), code: 'OPA_BAD_ANSWER' },
  { name: 'half a document', fault: json('{"result":true'), code: 'OPA_BAD_ANSWER' },
  { name: 'two documents', fault: json(PLAIN + PLAIN), code: 'OPA_BAD_ANSWER' },
  { name: 'UTF-16', fault: json(Buffer.from(PLAIN, 'utf16le')), code: 'OPA_BAD_ANSWER' },
  { name: 'a byte order mark', fault: json(`\uFEFF${PLAIN}`), code: 'OPA_BAD_ANSWER' },
  {
    name: '10 MB in one chunk',
    fault: responds(
      `${CHUNKED}${(10 * MEGABYTE.length).toString(16)}\r\n${'x'.repeat(10 * MEGABYTE.length)}`,
    ),
    code: 'OPA_BAD_ANSWER',
  },
  {
    name: 'a body without an end',
    fault: floods(CHUNKED, Buffer.from(`${hexOf(MEGABYTE)}\r\n${MEGABYTE.toString()}\r\n`)),
    code: 'OPA_BAD_ANSWER',
  },
  {
    name: 'headers without an end',
    fault: floods(`${HEAD}\r\n`, Buffer.from('X-More: and more\r\n')),
    code: 'OPA_BAD_ANSWER',
  },
  {
    name: 'a length beside chunks',
    fault: responds(
      `${HEAD}\r\nContent-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n${PLAIN}\r\n0\r\n\r\n`,
    ),
    code: 'OPA_BAD_ANSWER',
  },
  {
    name: 'two lengths',
    fault: json(PLAIN, 'Content-Length: 3'),
    code: 'OPA_BAD_ANSWER',
  },
  {
    name: 'an invalid length',
    fault: responds(`${HEAD}\r\nContent-Length: -1\r\n\r\n`),
    code: 'OPA_BAD_ANSWER',
  },
  { name: 'a chunk without a size', fault: responds(`${CHUNKED}size\r\n${PLAIN}`), code: 'OPA_BAD_ANSWER' },
  {
    name: 'gzip cut short',
    fault: json(GZIP.subarray(0, -12), 'Content-Encoding: gzip'),
    code: 'OPA_BAD_ANSWER',
  },
  {
    name: 'gzip whose checksum is wrong',
    fault: json(Buffer.concat([GZIP.subarray(0, -8), Buffer.alloc(8)]), 'Content-Encoding: gzip'),
    code: 'OPA_BAD_ANSWER',
  },
  {
    name: 'gzip of 10 MB',
    fault: json(gzipSync(`{"result":"${'x'.repeat(10_000_000)}"}`), 'Content-Encoding: gzip'),
    code: 'OPA_BAD_ANSWER',
  },
  ...[
    '{"result":false,"result":true}',
    '{"result":true,"result":false}',
    '{"result":true,"result":true}',
    '{"result":false,"\\u0072esult":true}',
    '{"result":{"allow":false,"allow":true}}',
    '{"result":{"allow":true,"obligations":[{"type":"a","properties":{"b":1,"b":2}}]}}',
  ].map((body): Row => ({ name: `a key twice: ${body}`, fault: json(body), code: 'OPA_BAD_ANSWER' })),
];
