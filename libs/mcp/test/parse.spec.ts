import { describe, expect, it } from '@jest/globals';
import { parseMessage, parseServerMessage } from '../src/protocol/parse.js';

const call = '"jsonrpc":"2.0","id":1,"method":"tools/call"';

describe('parseMessage', () => {
  it.each([
    ['a request', `{${call},"params":{"name":"x"}}`, 'request'],
    ['a request with a text id', '{"jsonrpc":"2.0","id":"a","method":"ping"}', 'request'],
    ['a notification', '{"jsonrpc":"2.0","method":"notifications/initialized"}', 'notification'],
    ['a result', '{"jsonrpc":"2.0","id":1,"result":null}', 'response'],
    ['an error', '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}', 'response'],
    [
      'numbers that a double holds',
      `{${call},"params":{"a":[0.1,-0,1e300,9007199254740991,"99999999999999999"]}}`,
      'request',
    ],
    [
      'a number beyond doubles, where no policy looks at it',
      '{"jsonrpc":"2.0","id":1,"result":{"n":9007199254740993}}',
      'response',
    ],
    ['an id that is empty', '{"jsonrpc":"2.0","id":"","method":"ping"}', 'request'],
    ['half a surrogate pair', `{${call},"params":{"name":"\\ud800"}}`, 'request'],
    ['deep nesting', `{${call},"params":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`, 'request'],
    ['the same key in other objects', `{${call},"params":{"a":{"id":1},"id":{"a":1}}}`, 'request'],
  ])('takes %s', (_name, text, kind) => {
    expect(parseMessage(text)).toMatchObject({ kind });
  });

  it.each([
    ['no JSON', '{', -32700, null],
    ['nothing', '', -32700, null],
    ['a batch', `[{${call}}]`, -32600, null],
    ['null', 'null', -32600, null],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600, null],
    ['a call without an id', '{"jsonrpc":"2.0","method":"tools/call"}', -32600, null],
    ['a notification with an id', '{"jsonrpc":"2.0","id":1,"method":"notifications/x"}', -32600, 1],
    ['an id of null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, null],
    ['a broken number as id', '{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, null],
    ['a response that is also a call', `{${call},"result":1}`, -32600, 1],
    ['a result and an error', '{"jsonrpc":"2.0","id":1,"result":1,"error":{}}', -32600, 1],
    ['a response with neither', '{"jsonrpc":"2.0","id":1}', -32600, 1],
    ['a method that is no text', '{"jsonrpc":"2.0","id":1,"method":1}', -32600, 1],
    ['params that are a list', `{${call},"params":[]}`, -32602, 1],
    ['a key twice', `{${call},"params":{"name":"a","name":"b"}}`, -32602, 1],
    [
      'a method twice, the last of them a notification',
      '{"jsonrpc":"2.0","method":"tools/call","method":"notifications/x"}',
      -32600,
      null,
    ],
    ['a response with a key twice', '{"jsonrpc":"2.0","id":1,"id":2,"result":1}', -32600, null],
    ['a byte order mark', `\ufeff{${call}}`, -32700, null],
    [
      'an id that a double cannot hold',
      '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}',
      -32600,
      null,
    ],
    ['an id that is a list', '{"jsonrpc":"2.0","id":[1],"method":"ping"}', -32600, null],
    ['two messages', `{${call}} {${call}}`, -32700, null],
    ['a text', '"ping"', -32600, null],
    ['a response with params and a method', '{"jsonrpc":"2.0","id":1,"result":1,"method":"x"}', -32600, 1],
    ['an error without an id', '{"jsonrpc":"2.0","error":{"code":1,"message":"m"}}', -32600, null],
    ['a response to nobody', '{"jsonrpc":"2.0","id":null,"result":1}', -32600, null],
    ['a key twice, once escaped', `{${call},"params":{"name":"a","\\u006eame":"b"}}`, -32602, 1],
    ['a number out of range', `{${call},"params":{"n":1e400}}`, -32602, 1],
    ['digits beyond a double', `{${call},"params":{"n":9007199254740993}}`, -32602, 1],
  ])('refuses %s', (_name, text, code, id) => {
    expect(parseMessage(text)).toMatchObject({ kind: 'refused', code, id });
  });
});

/** Keys that a reader who ignores case takes for others, and the code of the refusal. */
const AMBIGUOUS = [
  ['a method in two cases', `{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}`, -32600],
  ["a method in two cases, the protocol's last", `{"METHOD":"tools/call",${call}}`, -32600],
  ['an id in two cases', `{${call},"ID":2}`, -32600],
  ['params with the long s', `{${call},"param\u017f":{"name":"x"}}`, -32600],
  ['another version in another case', `{${call},"JSONRPC":"2.0"}`, -32600],
  ['a result beside a call', `{${call},"Result":{}}`, -32600],
  ['two unknown keys', `{${call},"extra":1,"Extra":2}`, -32600],
  ['the key of every object, in two cases', `{${call},"__proto__":1,"__PROTO__":2}`, -32600],
  ['a name in two cases', `{${call},"params":{"name":"a","Name":"b"}}`, -32602],
  ['a name in another case alone', `{${call},"params":{"NAME":"b"}}`, -32602],
  ['a name in another case, escaped', `{${call},"params":{"\\u004eame":"b"}}`, -32602],
  [
    'a name in another case within arguments',
    `{${call},"params":{"name":"x","arguments":{"Name":1}}}`,
    -32602,
  ],
  ['a token with the Kelvin sign', `{${call},"params":{"_meta":{"progressTo\u212aen":1}}}`, -32602],
  [
    'the version of a modern message',
    `{${call},"params":{"_meta":{"io.ModelContextProtocol/protocolVersion":"x"}}}`,
    -32602,
  ],
  ['two keys of a nested object', `{${call},"params":{"a":[[{"stra\u00dfe":1,"STRA\u1e9eE":2}]]}}`, -32602],
  ['two halves of a surrogate pair', `{${call},"params":{"a":{"\\ud800":1,"\\udc00":2}}}`, -32602],
] as const;

/** Keys that differ for every reader. */
const CLEAR = [
  ['unknown keys in any case', `{${call},"Extra":1,"params":{"Foo":{"BAR":1,"baz":2}}}`],
  ['the same key in another case in other objects', `{${call},"params":{"a":{"x":1},"b":{"X":1}}}`],
  ['two forms of one letter', `{${call},"params":{"\u00e9":1,"e\u0301":2}}`],
  ['letters that fold to themselves', `{${call},"params":{"\u0130d":1,"\u0131d":2}}`],
  ['keys of every object', `{${call},"params":{"__proto__":{"a":1},"constructor":1,"toString":2}}`],
  ['names with a dash or a line', `{${call},"params":{"proto_col":1,"mime-type":2,"mime_type":3}}`],
] as const;

describe('keys that differ only in case', () => {
  it.each(AMBIGUOUS)('are refused in a message of a client: %s', (_name, text, code) => {
    expect(parseMessage(text)).toMatchObject({ kind: 'refused', code, id: 1 });
  });

  it.each(AMBIGUOUS)('are refused in a message of a server: %s', (_name, text, _code) => {
    expect(parseServerMessage(text)).toMatchObject({ kind: 'refused', code: -32603 });
  });

  it.each(CLEAR)('are not found in: %s', (_name, text) => {
    expect(parseMessage(text)).toMatchObject({ kind: 'request' });
    expect(parseServerMessage(text)).toMatchObject({ kind: 'request' });
  });

  it.each([
    ['a result', '{"jsonrpc":"2.0","id":1,"result":{"content":[],"Content":[]}}'],
    [
      'a result that is decided as a failure',
      '{"jsonrpc":"2.0","id":1,"result":{"content":[],"IsError":true}}',
    ],
    ['a result twice', '{"jsonrpc":"2.0","id":1,"result":{"content":[]},"RESULT":{}}'],
    ['a key twice', '{"jsonrpc":"2.0","id":1,"result":{"content":[],"content":[]}}'],
    ['an error', '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","Message":"n"}}'],
    ['an error of nobody', '{"jsonrpc":"2.0","error":{"code":1,"message":"m"},"Error":{}}'],
    ['a notification', '{"jsonrpc":"2.0","method":"notifications/x","Params":{}}'],
    ['a tool', '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","Name":"b"}]}}'],
    [
      'the word of a schema',
      '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"inputSchema":{"Properties":{}}}]}}',
    ],
    [
      'two properties of a schema',
      '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"inputSchema":{"properties":{"a":{},"A":{}}}}]}}',
    ],
  ])('are refused of a server in %s', (_name, text) => {
    expect(parseServerMessage(text)).toMatchObject({ kind: 'refused', code: -32603 });
  });

  it("may be names that a tool's schema defines", () => {
    const schema = {
      $defs: {
        Task: { type: 'object', properties: { Name: { type: 'string' }, URI: { default: { ID: 1 } } } },
      },
      properties: { Message: { $ref: '#/$defs/Task' } },
    };
    const result = { tools: [{ name: 'x', inputSchema: schema, outputSchema: schema }] };
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result });
    expect(parseServerMessage(text)).toMatchObject({ kind: 'response' });
    // A client has no schemas to give.
    expect(parseMessage(text)).toMatchObject({ kind: 'refused', code: -32602 });
  });

  it.each([
    ['two arguments', '"arguments":{"a":1,"A":2}', true],
    ['a name of the protocol', '"arguments":{"Name":1,"b":[{"URI":1}]}', true],
    ['the context of a completion', '"context":{"arguments":{"ID":1}}', true],
    ['an argument twice', '"arguments":{"a":1,"a":2}', false],
    ['an argument twice, once escaped', '"arguments":{"a":1,"\\u0061":2}', false],
    ['the word itself', '"arguments":{},"Arguments":{}', false],
    ['another part', '"_meta":{"arguments":{"Name":1}}', false],
  ])('pass within the arguments of a server that tells them apart: %s', (_name, params, passes) => {
    const text = `{${call},"params":{"name":"x",${params}}}`;
    expect(parseMessage(text)).toMatchObject({ kind: 'refused' });
    expect(parseMessage(text, { caseSensitive: true }).kind).toBe(passes ? 'request' : 'refused');
  });

  it.each([
    ['a declared argument', '{"Name":1,"b":[{"URI":1}]}', true],
    ['another one', '{"Name":1,"ID":1}', false],
    ['a declared one in two spellings', '{"Name":1,"name":1}', false],
  ])('pass within arguments as the tool declares them: %s', (_name, args, passes) => {
    const declaredBy = () => new Set(['Name', 'URI']);
    const read = (params: string) => parseMessage(`{${call},"params":${params}}`, { declaredBy }).kind;
    expect(read(`{"name":"x","arguments":${args}}`)).toBe(passes ? 'request' : 'refused');
    expect(read(`{"name":"x","_meta":${args}}`)).toBe('refused');
  });

  // A look at every pair of keys would take longer than a test may.
  it('are found in large messages', () => {
    const keys = Array.from({ length: 250_000 }, (_none, index) => `"k\u00c4${index}":1`).join();
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const many = `{${call},"params":{"arguments":{${keys},"deep":${deep}}}}`;
    expect(parseMessage(many)).toMatchObject({ kind: 'request' });
    expect(parseMessage(many.replace('"deep"', '"K\u00e4249999":1,"deep"'))).toMatchObject({ code: -32602 });
  });
});
