import { afterEach, describe, expect, it } from '@jest/globals';
import { TestEngine } from 'nestjs-opa/testing';
import { applied, cleanUp, enforcer, lastInput, read, resourceEntry } from './support.js';

afterEach(cleanUp);

const queryCount = async (entry: string, uri: string): Promise<number> => {
  const engine = new TestEngine({ 'p/allow': true });
  const mcp = await enforcer(applied({ resources: [resourceEntry(entry)] }), engine);
  expect(await mcp.before(read(uri))).toEqual({ permit: {} });
  expect(mcp.seesResult(read(uri))).toBe(engine.questions.length > 0);
  return engine.questions.length;
};

describe("a resource's entry", () => {
  it.each([
    ['https://example.com', 'https://example.com'],
    ['https://example.com', 'https://example.com/'],
    ['https://example.com', 'https://example.com/any/thing?q#f'],
    ['https://example.com', 'HTTPS://EXAMPLE.com/'],
    ['https://example.com', 'https://%65xample.com/'],
    ['https://example.com', 'https://EX%41MPLE.com/'],
    ['https://example.com', 'https://example.com:443/x'],
    ['https://example.com', 'https://example.com:/x'],
    ['https://example.com', 'https://user:password@example.com/x'],
    ['https://example.com', 'https://example.com./x'],
    ['HTTP://EXAMPLE.COM:80/%7edocs/', 'http://example.com/~docs/a'],
    ['http://127.0.0.1/', 'http://2130706433/'],
    ['http://h/docs', 'http://h/docs'],
    ['http://h/docs', 'http://h/docs/'],
    ['http://h/docs', 'http://h/docs/a/b'],
    ['http://h/docs', 'http://h/docs?a=b'],
    ['http://h/docs', 'http://h/docs#part'],
    ['http://h/docs/', 'http://h/docs'],
    ['http://h/docs', 'http://h/open/../docs/a'],
    ['http://h/docs', 'http://h/open/%2e%2E/docs/a'],
    ['http://h/docs', 'http://h/./%64ocs'],
    ['http://h/a%2fb', 'http://h/a%2Fb'],
    ['http://h/a?x=1', 'http://h/a?y=2&x=1'],
    ['http://h/a?x=1', 'http://h/a?%78=%31#y'],
    ['http://h/a|b', 'http://h/a%7cb'],
    ['http://h/a%5E%5B', 'http://h/a^['],
    ['http://h/a?x={1}', 'http://h/a?x=%7B1%7d'],
    ['demo://h/{a}', 'demo://h/%7ba%7D/b'],
    ['urn:a|b', 'urn:a%7cb'],
    ['ws://h/a', 'ws://h:80/a'],
    ['ftp://h/a', 'ftp:h:21/a'],
    ['http://[::1]/a', 'http://[0:0:0:0:0:0:0:1]/a'],
    ['https://xn--exmple-cua.com/', 'https://ex%C3%A4mple.com/'],
    ['https://example.com/', 'https://%EF%BD%85xample%E3%80%82com/'],
    ['demo://Docs/x', 'DEMO://docs/x/y'],
    ['demo://docs', 'demo://d%6Fcs/x'],
    ['demo://docs', 'demo://docs'],
    ['demo://docs:90/x', 'demo://docs:90/x'],
    ['urn:a:b', 'URN:a:%62'],
    ['urn:a/b', 'urn:a/c/../b'],
    ['file:///etc', 'file:///etc/passwd'],
    ['file:///etc', 'file:/etc/passwd'],
    ['file:///etc', 'file://localhost/etc/passwd'],
    ['file:///etc', 'file:////etc//passwd'],
    ['file:///etc', 'file:///usr%2F..%2Fetc/passwd'],
  ])('%s covers %s', async (entry, uri) => {
    expect(await queryCount(entry, uri)).toBe(1);
  });

  it.each([
    ['https://example.com', 'http://example.com/'],
    ['https://example.com', 'https://example.com:8443/'],
    ['https://example.com', 'https://example.com.evil.org/'],
    ['https://example.com', 'https://evil.org/https://example.com'],
    ['https://example.com', 'https://www.example.com/'],
    ['https://example.com', 'https://example.com@evil.org/'],
    ['http://h/docs', 'http://h/docsx'],
    ['http://h/docs', 'http://h/'],
    ['http://h/docs', 'http://h/Docs'],
    ['http://h/docs', 'http://h/x/docs'],
    ['http://h/docs', 'http://h/docs/../open'],
    ['http://h/a?x=1', 'http://h/a?x=2'],
    ['http://h/a?x=1', 'http://h/a?X=1'],
    ['http://h/docs', 'http://h/docs%2Fa'],
    ['http://h/a!', 'http://h/a%21'],
    ['http://h/a?x=1', 'http://h/a'],
    ['demo://docs', 'demo://other/docs'],
    ['demo://docs', 'other://docs'],
    ['urn:a:b', 'urn:a:b:c'],
    ['http://h/docs', 'demo://a/b c\\d'],
  ])('%s does not cover %s', async (entry, uri) => {
    expect(await queryCount(entry, uri)).toBe(0);
  });

  it('gives the policy the URI as the client sent it', async () => {
    const engine = new TestEngine({ 'p/allow': true });
    const mcp = await enforcer(applied({ resources: [resourceEntry('https://example.com')] }), engine);
    await mcp.before(read('HTTPS://EXAMPLE.com:443/a/../b#c'));
    expect(lastInput(engine)).toMatchObject({ payload: { uri: 'HTTPS://EXAMPLE.com:443/a/../b#c' } });
  });

  it.each([
    [undefined],
    [5],
    [''],
    ['docs'],
    ['/docs'],
    ['//example.com/docs'],
    [' https://example.com/'],
    ['ht\ntps://example.com/'],
    ['http:example.com'],
    ['https:/example.com'],
    ['https:///example.com'],
    ['https://'],
    ['https:\\\\example.com'],
    ['other://host:port/'],
    ['other://[x/'],
    ['https://a@b@example.com/'],
    ['https://example.com/\\'],
    ['https://example.com/a b'],
    ['https://example.com/\t'],
    ['https://example.com/\u007f'],
    ['https://exämple.com/'],
    ['https://example.com/%zz'],
    ['https://example.com/\ud800'],
  ])('is not queried about %j, which is refused', async (uri) => {
    const engine = new TestEngine({ 'p/allow': true });
    const mcp = await enforcer(applied({ resources: [resourceEntry('https://example.com')] }), engine);
    expect(await mcp.before(read(uri))).toMatchObject({
      refusal: { kind: 'invalid', code: -32602, status: 400 },
    });
    expect(engine.questions).toEqual([]);
  });

  it('decides together with every other entry that matches', async () => {
    const engine = new TestEngine({ 'p/allow': true, 'q/allow': { allow: false, reasons: ['inner'] } });
    const resources = [
      resourceEntry('http://h'),
      resourceEntry('http://h/docs', { policy: 'q' }),
      resourceEntry('http://h'),
    ];
    const mcp = await enforcer(applied({ resources }), engine);
    expect(await mcp.before(read('http://h/open'))).toEqual({ permit: {} });
    expect(await mcp.before(read('http://h/docs/a'))).toMatchObject({
      refusal: {
        kind: 'denied',
        data: { reasons: ['inner'] },
      },
    });
    expect(engine.questions.map(({ policy }) => policy)).toEqual([
      ...['p/allow', 'p/allow'],
      ...['p/allow', 'q/allow', 'p/allow'],
    ]);
  });
});
