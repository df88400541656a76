import type { Cleanup } from './cleanup.js';
import { startGateway } from './gateway-process.js';
import type { GatewayProcess } from './gateway-process.js';
import { writePolicies } from './opa-process.js';
import type { Handler } from './routes.js';
import { startServer } from './upstream.js';
import type { TestServer } from './upstream.js';

/** What {@link startOpenGateway} starts. */
export interface OpenGateway {
  readonly gateway: GatewayProcess;
  readonly upstream: TestServer;
}

/** Further sections of the gateway's file. */
interface OtherSections {
  admin?: object;
  auth?: object;
  opa?: object;
  listen?: object;
  mcp?: (url: string) => object[];
}

/** A gateway on the embedded engine in front of one upstream, `/api/up`, whose policy allows everything. */
export async function startOpenGateway(
  cleanup: Cleanup,
  handler: Handler,
  entries: (url: string) => object[] = () => [],
  { mcp, ...others }: OtherSections = {},
): Promise<OpenGateway> {
  const upstream = cleanup.add(await startServer(handler), ({ close }) => close());
  const policies = cleanup.add(await writePolicies(), ({ remove }) => remove());
  const opa = { bundle: policies.bundle, policy: 'test/open', ...others.opa };
  const upstreams = [{ name: 'up', url: `${upstream.url}/base/` }, ...entries(upstream.url)];
  const gateway = cleanup.add(
    await startGateway({ ...others, ...(mcp && { mcp: mcp(upstream.url) }), opa, upstreams }),
    ({ end }) => end(),
  );
  return { gateway, upstream };
}
