import { describe, expect, it } from '@jest/globals';
import { serializeChanged } from '../../../libs/mcp/src/protocol/serialize-changed.js';

interface Page {
  result: { items: { n: number; x?: string }[]; max: number; list: number[] };
}

const text =
  '{"result":{"items":[{"n":9007199254740993,"x":"a"},{"n":9007199254740992,"x":"-1.0"}],' +
  '"max":18446744073709551615,"list":[1.0,-0,1e2,7,1E400]}}';
const page = (): Page => JSON.parse(text) as Page;

describe('a message that a policy has changed', () => {
  it('has the numbers of untouched parts as they were', () => {
    const { result } = page();
    const message = { result };
    const changed = { result: { ...result, items: [result.items[1]], more: 1 } };
    expect(serializeChanged(text, message, changed)).toBe(
      '{"result":{"items":[{"n":9007199254740992,"x":"-1.0"}],"max":18446744073709551615,' +
        '"list":[1.0,-0,1e2,7,1E400],"more":1}}',
    );
  });

  it('has those beside what has changed as they were', () => {
    const { result } = page();
    const message = { result };
    const items = result.items.map((item) => ({ ...item, x: '***' }));
    const list = result.list.map((value, index) => (index === 0 ? 5 : value));
    expect(serializeChanged(text, message, { result: { ...result, items, list } })).toBe(
      text.replace('"a"', '"***"').replace('"-1.0"', '"***"').replace('[1.0', '[5'),
    );
  });

  it('never has a number of something that was removed', () => {
    const { result } = page();
    const message = { result };
    const items = result.items.slice(1).map((item) => ({ ...item, x: '***' }));
    expect(serializeChanged(text, message, { result: { ...result, items } })).not.toContain(
      '9007199254740993',
    );
  });

  it('has untouched parts as they were written, whatever stands in front of them', () => {
    const spaced =
      ' { "a\\u0062" : [ 1.0 , { "x" : "}],{[" , "y" : [ -0 , 2.50 ] } ] , "z" : { } , "n" : 1.0\n} ';
    const message = JSON.parse(spaced) as { ab: [number, { x: string; y: number[] }]; z: object; n: number };
    const [first, second] = message.ab;
    expect(
      serializeChanged(spaced, message, {
        ...message,
        ab: [first, { ...second, x: '***' }],
        more: [undefined],
      }),
    ).toBe('{"ab":[1.0,{"x":"***","y":[ -0 , 2.50 ]}],"z":{ },"n":1.0,"more":[null]}');
    expect(serializeChanged(spaced, message, message)).toBe(spaced.trim());
    expect(serializeChanged(spaced, message, { n: message.n, ab: [second] })).toBe(
      '{"n":1.0,"ab":[{ "x" : "}],{[" , "y" : [ -0 , 2.50 ] }]}',
    );
  });

  it('is written as ever where JavaScript holds every number', () => {
    const message = { a: [1, 0.5, -3], '1.0': '1.0' };
    expect(serializeChanged(JSON.stringify(message), message, { ...message, b: null })).toBe(
      '{"a":[1,0.5,-3],"1.0":"1.0","b":null}',
    );
  });
});
