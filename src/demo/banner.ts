import type { Environment, GatewayConfig } from '../config/index.js';
import { developmentToken } from './development-keys.js';
import { inProject } from './project.js';

/** What `npm start` prints: where everything is, three `curl` lines to paste, and one for the MCP server. */
export async function banner(config: GatewayConfig, port: number, env: Environment): Promise<string> {
  const viewer = await developmentToken({ sub: 'alice', role: 'viewer' }, '24h', env);
  const editor = await developmentToken({ sub: 'bob', role: 'editor' }, '24h', env);
  const order = `http://127.0.0.1:${port}/api/orders/1001`;
  const curl = (token: string, method = '') =>
    `curl -sS ${method}-H 'Authorization: Bearer ${token}' ${order}`;
  return [
    '',
    `Address   http://127.0.0.1:${port}`,
    `MCP       http://127.0.0.1:${port}/mcp/demo`,
    `Engine    ${engine(config.opa)}`,
    `Policies  ${inProject('policies')}`,
    '',
    'Allowed: an editor reads an order.',
    curl(editor),
    '',
    'Denied, 403 with reasons: a viewer deletes it.',
    curl(viewer, '-X DELETE '),
    '',
    "Masked: a viewer reads it, without the customer's e-mail address.",
    curl(viewer),
    '',
    "The MCP server's tools that a viewer sees (with Node 22.19; docs/guides/mcp.md says what else there is to see):",
    `npx -y @modelcontextprotocol/inspector --cli http://127.0.0.1:${port}/mcp/demo --transport http --method tools/list --header 'Authorization: Bearer ${viewer}'`,
    '',
    'A token of your own: npm run token -- --sub alice --role viewer',
    '',
  ].join('\n');
}

function engine({ url, bundle }: GatewayConfig['opa']): string {
  if (url === undefined && typeof bundle === 'string') return `embedded, ${bundle}`;
  return `remote, OPA at ${typeof url === 'string' ? url : 'http://127.0.0.1:8181'}`;
}
