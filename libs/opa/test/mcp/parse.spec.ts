import { describe, expect, it } from '@jest/globals';
import { parseMessage } from 'nestjs-opa/mcp';

const call = '"jsonrpc":"2.0","id":1,"method":"tools/call"';

describe('parseMessage', () => {
  it.each([
    ['a request', `{${call},"params":{"name":"x"}}`, 'request'],
    ['a request with a text id', '{"jsonrpc":"2.0","id":"a","method":"ping"}', 'request'],
    ['a notification', '{"jsonrpc":"2.0","method":"notifications/initialized"}', 'notification'],
    ['a result', '{"jsonrpc":"2.0","id":1,"result":null}', 'answer'],
    ['an error', '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}', 'answer'],
    [
      'numbers that a double holds',
      `{${call},"params":{"a":[0.1,-0,1e300,9007199254740991,"99999999999999999"]}}`,
      'request',
    ],
    [
      'a number beyond doubles, where no policy looks at it',
      '{"jsonrpc":"2.0","id":1,"result":{"n":9007199254740993}}',
      'answer',
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
    ['an answer that is also a call', `{${call},"result":1}`, -32600, 1],
    ['a result and an error', '{"jsonrpc":"2.0","id":1,"result":1,"error":{}}', -32600, 1],
    ['an answer with neither', '{"jsonrpc":"2.0","id":1}', -32600, 1],
    ['a method that is no text', '{"jsonrpc":"2.0","id":1,"method":1}', -32600, 1],
    ['params that are a list', `{${call},"params":[]}`, -32602, 1],
    ['a key twice', `{${call},"params":{"name":"a","name":"b"}}`, -32602, 1],
    [
      'a method twice, the last of them a notification',
      '{"jsonrpc":"2.0","method":"tools/call","method":"notifications/x"}',
      -32602,
      null,
    ],
    ['an answer with a key twice', '{"jsonrpc":"2.0","id":1,"id":2,"result":1}', -32602, null],
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
    ['an answer with params and a method', '{"jsonrpc":"2.0","id":1,"result":1,"method":"x"}', -32600, 1],
    ['an error without an id', '{"jsonrpc":"2.0","error":{"code":1,"message":"m"}}', -32600, null],
    ['an answer to nobody', '{"jsonrpc":"2.0","id":null,"result":1}', -32600, null],
    ['a key twice, once escaped', `{${call},"params":{"name":"a","\\u006eame":"b"}}`, -32602, 1],
    ['a number out of range', `{${call},"params":{"n":1e400}}`, -32602, 1],
    ['digits beyond a double', `{${call},"params":{"n":9007199254740993}}`, -32602, 1],
  ])('refuses %s', (_name, text, code, id) => {
    expect(parseMessage(text)).toMatchObject({ kind: 'refused', code, id });
  });
});
