import { describe, expect, it } from '@jest/globals';
import type { DynamicModule } from '@nestjs/common';
import { OpaError, OpaModule } from 'nestjs-opa';
import { McpGatewayModule } from 'nestjs-opa-mcp';
import type { McpGatewayOptions, McpServerOptions } from 'nestjs-opa-mcp';
import { TestEngine } from 'nestjs-opa/testing';
import { startModules } from './support.js';

const UP: McpServerOptions = { name: 'up', url: 'http://127.0.0.1:1/mcp', policy: 'mcp/request' };
const engine = () => OpaModule.forRoot({ engine: new TestEngine() });

/** Starts an application that should refuse to start, and gives the reason. */
const refusalOf = (...imports: DynamicModule[]): Promise<OpaError> => refusalOn('express', ...imports);

async function refusalOn(platform: 'express' | 'fastify', ...imports: DynamicModule[]): Promise<OpaError> {
  const error: unknown = await startModules({ platform, body: 'rawBody' }, imports).then(
    ({ app }) => app.close(),
    (reason: unknown) => reason,
  );
  if (!(error instanceof OpaError)) throw new Error('The application has started.', { cause: error });
  return error;
}

const invalid = (options: object): McpGatewayOptions => ({ servers: [UP], ...options });

const INVALID: readonly (readonly [
  what: string,
  options: McpGatewayOptions,
  name: string,
  value: string,
  accepted: string,
])[] = [
  ['no servers', invalid({ servers: undefined }), 'servers', 'nothing', 'a list of MCP servers'],
  [
    'a bad name',
    invalid({ servers: [{ ...UP, name: 'a/b' }] }),
    'servers.0.name',
    '"a/b"',
    'letters, digits',
  ],
  [
    'a bad URL',
    invalid({ servers: [{ ...UP, url: 'ftp://x' }] }),
    'servers.0.url',
    '"ftp://x"',
    'an http:// or',
  ],
  [
    'two servers of one name',
    invalid({ servers: [UP, UP] }),
    'servers.1.name',
    '"up"',
    'no other server has',
  ],
  [
    'a bad denial',
    invalid({ servers: [{ ...UP, denial: 'no' }] }),
    'servers.0.denial',
    '"no"',
    '"error", "http"',
  ],
  [
    'a bad policy',
    invalid({ servers: [{ ...UP, policy: '..' }] }),
    'servers.0.policy',
    '".."',
    'a policy path',
  ],
  [
    'a policy beside a plugin',
    invalid({ servers: [{ ...UP, plugin: 'f' }] }),
    'servers.0.policy',
    '"mcp/request"',
    'plugin',
  ],
  ['claims', invalid({ claims: 5 }), 'claims', '5', 'a function'],
  [
    'a short key',
    invalid({ sessionKey: 'short' }),
    'sessionKey',
    'a value of type string',
    'at least 32 characters',
  ],
  ['a public URL', invalid({ publicUrl: 'app.example' }), 'publicUrl', '"app.example"', 'an http:// or'],
  ['an empty audience', invalid({ audience: '' }), 'audience', '""', 'not empty'],
  ['one issuer', invalid({ authorizationServers: 'x' }), 'authorizationServers', '"x"', 'a list of URLs'],
  ['no room', invalid({ maxBufferedBytes: 0 }), 'maxBufferedBytes', '0', 'at least 1'],
  ['small headers', invalid({ maxHeaderBytes: 1_023 }), 'maxHeaderBytes', '1023', 'at least 1024'],
  ['large headers', invalid({ maxHeaderBytes: 1_048_577 }), 'maxHeaderBytes', '1048577', 'at most 1048576'],
];

describe('wrong options stop the start', () => {
  it.each(INVALID)('%s', async (_what, options, name, value, accepted) => {
    const { code, message } = await refusalOf(engine(), McpGatewayModule.forRoot(options));
    expect(code).toBe('OPA_BAD_OPTIONS');
    expect(message).toContain(`McpGatewayModule: option "${name}" was given ${value}, but takes `);
    expect(message.split('but takes ')[1]).toContain(accepted);
  });

  it('an unknown option', async () => {
    const { code, message } = await refusalOf(engine(), McpGatewayModule.forRoot(invalid({ serverz: [] })));
    expect([code, message]).toEqual(['OPA_BAD_OPTIONS', expect.stringContaining('"serverz" is not known')]);
  });

  it('several at once, in one message', async () => {
    const options = invalid({ audience: '', publicUrl: 'x' });
    const { message } = await refusalOf(engine(), McpGatewayModule.forRoot(options));
    expect(message).toMatch(/"audience".*; option "publicUrl"/);
  });

  it('from a factory', async () => {
    const module = McpGatewayModule.forRootAsync({ useFactory: () => invalid({ audience: '' }) });
    expect(await refusalOf(engine(), module)).toMatchObject({ code: 'OPA_BAD_OPTIONS' });
  });

  it('a server that neither has a policy nor gets one from OpaModule', async () => {
    const server = { name: UP.name, url: UP.url };
    const { code, message } = await refusalOf(engine(), McpGatewayModule.forRoot({ servers: [server] }));
    expect([code, message]).toEqual([
      'OPA_BAD_OPTIONS',
      expect.stringContaining('"up" has no option "policy"'),
    ]);
  });

  it.each([
    ['no OpaModule', []],
    ['an OpaModule with a name only', [OpaModule.forRoot({ name: 'other', engine: new TestEngine() })]],
  ])('%s', async (_what, imports) => {
    const { code, message } = await refusalOf(...imports, McpGatewayModule.forRoot({ servers: [UP] }));
    expect([code, message]).toEqual([
      'OPA_BAD_OPTIONS',
      expect.stringContaining("Import OpaModule.forRoot({ url: 'http://127.0.0.1:8181' }), without a name"),
    ]);
  });
});

it.each(['express', 'fastify'] as const)('a second module stops the start on %s', async (platform) => {
  const modules = ['a', 'b'].map((name) => McpGatewayModule.forRoot({ servers: [{ ...UP, name }] }));
  const { code, message } = await refusalOn(platform, engine(), ...modules);
  expect([code, message]).toEqual(['OPA_BAD_OPTIONS', expect.stringContaining('a second McpGatewayModule')]);
});
