import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAuthority } from '../../../libs/opa/test/support/certificates.js';
import { Cleanup } from '../support/cleanup.js';
import { startGateway } from '../support/gateway-process.js';
import { startNginx } from '../support/nginx.js';
import { startOpa } from '../support/opa-process.js';
import { AUDIENCE, ISSUER, startIssuer } from '../support/tokens.js';
import { CREDENTIALED, freePort } from './support/credentialed-servers.js';
import type { CredentialedServer } from './support/credentialed-servers.js';
import { TLS_CLIENTS } from './support/tls-clients.js';
import type { TlsTarget } from './support/tls-clients.js';
import { getMcpTools } from './support/tools.js';
import type { McpTools } from './support/tools.js';

/** Allows users with a token everything but three tools. The lists show every tool that may be called. */
const POLICIES = {
  'deployed.rego': `package deployed
denied := {"delete_note", "danger", "merge_merge_request"}
default request := {"allow": false, "reason": "only for users"}
request := {"allow": true} if { input.subject.type == "identity"; not input.resource.id in denied }
request := {"allow": false, "reason": "this tool is for nobody"} if input.resource.id in denied
list := {name: "allow" | name := input.items[_].name; not name in denied}`,
};

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let tools: McpTools;
let ca: TlsTarget['ca'];
let token: string;
let servers: readonly CredentialedServer[];
let origin: string;

beforeAll(async () => {
  tools = await getMcpTools();
  const authority = await createAuthority('the authority of the tests');
  const folder = cleanup.add(await mkdtemp(join(tmpdir(), 'ca-')), (path) => rm(path, { recursive: true }));
  ca = { pem: authority.cert, file: join(folder, 'ca.pem') };
  await writeFile(ca.file, ca.pem);
  const issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  token = await issuer.sign({ sub: 'ann' });
  servers = await Promise.all(CREDENTIALED.map(([, start]) => start(cleanup, tools)));
  const opa = cleanup.add(await startOpa({ rego: POLICIES }), ({ kill }) => kill());
  const port = await freePort();
  origin = `https://localhost:${port}`;
  const gateway = cleanup.add(
    await startGateway({
      listen: { publicUrl: origin, trustProxy: ['127.0.0.1'] },
      opa: { url: opa.url },
      auth: { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE },
      mcp: servers.map(({ url, headers }, index) => ({
        name: `server${index}`,
        url,
        headers,
        policy: 'deployed/request',
        list: 'deployed/list',
      })),
    }),
    ({ end }) => end(),
  );
  const tls = await authority.issue('localhost', 'localhost');
  await startNginx(cleanup, { port, gateway: `127.0.0.1:${gateway.port}`, tls });
}, 900_000);

const NAMES = CREDENTIALED.map(([name], index) => [name, index] as const);

describe.each(NAMES)('%s, which wants a credential, behind nginx with TLS', (_name, index) => {
  it.each(TLS_CLIENTS)(
    'serves %s',
    async (_client, run) => {
      const url = `${origin}/mcp/server${index}`;
      const [server] = servers.slice(index);
      if (server === undefined) throw new Error('the server has not started');
      const { allowed, denied, text } = server;
      const view = await run(tools, { url, token, ca }, [allowed, denied]);
      expect(view.tools).toContain(allowed[0]);
      expect(view.tools).not.toContain(denied[0]);
      expect(view.texts[0]).toContain(text);
      expect(view.texts[1]).toContain('this tool is for nobody');
    },
    120_000,
  );
});
