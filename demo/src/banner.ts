import type { Environment } from 'nestjs-opa-gateway';
import { developmentToken } from './development-keys.js';
import { inProject } from './project.js';
import { variable } from './variable.js';

/**
 * The text that `npm start` prints: the addresses, three `curl` commands and one command for the MCP server.
 *
 * @param url - the URL of the gateway
 */
export async function banner(url: string, env: Environment): Promise<string> {
  const viewer = await developmentToken({ sub: 'alice', role: 'viewer' }, '24h', env);
  const editor = await developmentToken({ sub: 'bob', role: 'editor' }, '24h', env);
  const order = `${url}/api/orders/1001`;
  const curl = (token: string, method = '') =>
    `curl -sS ${method}-H 'Authorization: Bearer ${token}' ${order}`;
  return [
    '',
    `Address   ${url}`,
    `MCP       ${url}/mcp/demo`,
    `Engine    ${engine(env)}`,
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
    "The MCP server's tools that a viewer sees (needs Node 22.19; docs/guides/mcp.md has more commands):",
    `npx -y @modelcontextprotocol/inspector --cli ${url}/mcp/demo --transport http --method tools/list --header 'Authorization: Bearer ${viewer}'`,
    '',
    'A token of your own: npm run token -- --sub alice --role viewer',
    '',
  ].join('\n');
}

function engine(env: Environment): string {
  const url = variable(env, 'OPA_URL');
  return url === undefined ? `embedded, ${inProject('policies/bundle.tar.gz')}` : `remote, OPA at ${url}`;
}
