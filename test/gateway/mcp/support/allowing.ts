import type { Cleanup } from '../../support/cleanup.js';
import { startGateway } from '../../support/gateway-process.js';
import { startOpa } from '../../support/opa-process.js';

const ALL = { 'all.rego': 'package all\nallow := true' };
// No list policy: a decided list is private, and its caching hints would differ from the server's.
const DECIDED = { policy: 'all/allow', response: 'all/allow' };

/** Starts a gateway whose policies allow every request and result of a server. Resolves with the URL of the gateway. */
export async function startAllowing(cleanup: Cleanup, url: string): Promise<string> {
  const opa = cleanup.add(await startOpa({ rego: ALL }), ({ kill }) => kill());
  const mcp = [{ name: 'real', url, ...DECIDED }];
  const gateway = cleanup.add(await startGateway({ opa: { url: opa.url }, mcp }), ({ end }) => end());
  return `http://127.0.0.1:${gateway.port}/mcp/real`;
}
