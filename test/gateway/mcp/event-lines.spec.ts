import { afterAll, describe, expect, it } from '@jest/globals';
import { EventSplitter } from '../../../libs/mcp/src/protocol/event-stream.js';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import { HEADERS, modern, startMcpGateway, tool } from './support/mcp-gateway.js';
import { event, result, textResult, stream } from './support/scripted-server.js';
import type { UpstreamRequest } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const mcp = await startMcpGateway(cleanup);
const { port } = mcp.gateway;
const clientText = async (
  sent: object,
  text: (message: UpstreamRequest['message']) => string | Buffer,
): Promise<string> => {
  mcp.upstream.respond = ({ message }, response) => stream(response).end(text(message));
  return (await send(port, { path: '/mcp/up', method: 'POST', headers: HEADERS, ...sent })).text;
};

const ERAS = [
  ['2025-11-25', { body: JSON.stringify(tool('x')) }],
  ['2026-07-28', modern('tools/call', { name: 'x' }, 'x')],
] as const;

/** Every character that some client ends a line at: those of Python's `splitlines`. */
const LINE_ENDS = ['\v', '\f', '\x1c', '\x1d', '\x1e', '\x85', '\u2028', '\u2029'];
const LOOSE = new RegExp(`\r\n|[\n\r${LINE_ENDS.join('')}]`);
const named = (character: string): string =>
  `U+${character.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`;
const HIDDEN = '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"classified"}]}}';

/** The messages that the loosest of clients reads, which ends lines at all of these and reads each line alone. */
const looselyRead = (text: string): string[] =>
  text.split(LOOSE).flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));

describe.each(ERAS)(
  'a stream of %s holds no line that a loose client reads as an undecided message',
  (_era, sent) => {
    it.each(LINE_ENDS.map((character) => [named(character), character]))(
      'in a comment, by %s',
      async (_name, character) => {
        const text = await clientText(
          sent,
          (message) => `: hello${character}data: ${HIDDEN}\n\n${event(textResult(message, 'fine'))}`,
        );
        expect(text).not.toContain('classified');
        expect(text).toMatch(/^: keep-alive\n\ndata: .*"fine".*\n\n$/);
      },
    );

    it.each(
      LINE_ENDS.flatMap((character) =>
        ['event', 'id'].map((field) => [field, named(character), character] as const),
      ),
    )('in the field "%s", by %s', async (field, _name, character) => {
      const fault = `${field}: a${character}data: ${HIDDEN}\n`;
      const text = await clientText(sent, (message) => fault + event(textResult(message, 'fine')));
      expect(text).toMatch(/^data: \{"jsonrpc":"2.0","id":1,"error":\{"code":-32603,.*\}\n\n$/);
    });

    it('in a "retry" that is no number', async () => {
      const text = await clientText(
        sent,
        (message) => `retry: 1\u2028data: ${HIDDEN}\n${event(textResult(message, 'fine'))}`,
      );
      expect(text).toBe(event(textResult({ id: 1 }, 'fine')));
    });

    it.each(['\x85', '\u2028', '\u2029'].map((character) => [named(character), character]))(
      "in a message's text, by %s, which stays the same",
      async (_name, character) => {
        const held = `fine${character}data: {"a":1}`;
        const text = await clientText(sent, (message) => event(textResult(message, held)));
        expect(looselyRead(text)).toHaveLength(1);
        expect(JSON.parse(looselyRead(text)[0] ?? '')).toEqual(textResult({ id: 1 }, held));
      },
    );

    it('in one of the lines that a message comes in', async () => {
      const [, inner = ''] = /("result".*)\}$/.exec(JSON.stringify(textResult({}, 'fine'))) ?? [];
      const lines = ['{"jsonrpc":"2.0","id":1,"_x":', '{"jsonrpc":"2.0","id":2,"result":{}}', `,${inner}}`];
      const text = await clientText(sent, () => `${lines.map((line) => `data: ${line}\n`).join('')}\n`);
      expect(looselyRead(text)).toHaveLength(1);
    });

    it('in a charset of its own', async () => {
      mcp.upstream.respond = ({ message }, response) =>
        stream(response, { 'content-type': 'text/event-stream; charset=utf-16' }).end(
          event(textResult(message, 'fine')),
        );
      const response = await send(port, { path: '/mcp/up', method: 'POST', headers: HEADERS, ...sent });
      expect(response.headers['content-type']).toBe('text/event-stream');
    });
  },
);

describe('a standing or resumed stream', () => {
  it.each(['\v', '\u2028', '\0', '\t', 'é'])(
    'drops an event whose id has %j, and continues',
    async (character) => {
      const list = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
      mcp.upstream.respond = (_request, response) =>
        stream(response).end(
          `: a${character}data: ${HIDDEN}\n\n${event(list, `1${character}`)}${event(list, '2')}`,
        );
      const { text } = await send(port, { path: '/mcp/up' });
      expect(text).toBe(`: keep-alive\n\n${event(list, '2')}`);
      const { text: resumed } = await send(port, { path: '/mcp/up', headers: { 'last-event-id': '2' } });
      expect(resumed).toBe(text);
    },
  );
});

describe('a list that the gateway reads itself', () => {
  it('may come on a stream with comments', async () => {
    const tools = [{ name: 'x', outputSchema: { type: 'object', required: ['card'] } }];
    mcp.upstream.respond = ({ message }, response) =>
      stream(response).end(
        message['method'] === 'tools/list'
          ? `: wait\n\n${event(result(message, { tools }))}`
          : event(result(message, { content: [], structuredContent: { card: '4111' } })),
      );
    const { text } = await send(port, {
      path: '/mcp/up',
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify(tool('x')),
    });
    expect(text).toMatch(/"structuredContent":\{"card":"\*\*\*"\}/);
  });
});

describe('a splitter', () => {
  const read = (...chunks: (string | Buffer)[]): string => {
    const splitter = new EventSplitter(1_000);
    return chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk))).join('');
  };

  it.each([
    ['a byte-order mark at the start', '\uFEFFdata: {}\n\n', 'data: {}\n\n'],
    ['a second one, which is part of a name', '\uFEFF\uFEFFdata: {}\n\ndata: 1\n\n', 'data: 1\n\n'],
    ['CR, LF and both', 'data: 1\r\rdata: 2\n\ndata: 3\r\n\r\n', 'data: 1\n\ndata: 2\n\ndata: 3\n\n'],
    [
      'the last id and type of several',
      'id: a\nid: b\nevent: c\nevent: d\ndata: 1\n\n',
      'event: d\nid: b\ndata: 1\n\n',
    ],
    ['a field without a colon, and one without a value', 'data\nid:\nretry\n\n', 'id:\ndata:\n\n'],
    ['one space after the colon', 'data:  1\ndata:2\n\n', 'data:  1 2\n\n'],
    ['comments, once', ': a\n: b\n\n: c\n\ndata: 1\n: d\n\n', ': keep-alive\n\ndata: 1\n\n'],
    ['unknown fields alone, empty lines, and what is not whole', '\n\nfoo: bar\nData: 1\n\ndata: 1\n', ''],
    ['an id and no message', 'id: 7\n\n', 'id: 7\n\n'],
  ])('reads %s', (_name, text, expected) => {
    expect(read(text)).toBe(expected);
    expect(
      read(...Array.from(Buffer.from(text), (byte) => Buffer.of(byte))).replaceAll(
        /(: keep-alive\n\n)+/g,
        '$1',
      ),
    ).toBe(expected);
  });

  it('buffers no more than the largest allowed event', () => {
    expect(() => read(`data: ${'x'.repeat(500)}\ndata: ${'x'.repeat(500)}\n\n`)).toThrow(RangeError);
    expect(() => read(`: ${'x'.repeat(1_001)}`)).toThrow(RangeError);
  });
});
