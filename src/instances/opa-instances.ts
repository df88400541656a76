import type { OpaService } from 'nestjs-opa';
import type { McpGateway } from 'nestjs-opa-mcp/internal';

/** The OPA instances of a gateway: the gateway's instance, and the instances of plugins with extra options. */
export class OpaInstances {
  /**
   * @param own - the gateway's instance
   * @param hasUpstreams - whether the gateway has REST upstreams, which the gateway's instance decides
   * @param mcp - the MCP gateway; `undefined` without MCP servers
   */
  constructor(
    private readonly own: OpaService,
    private readonly hasUpstreams: boolean,
    private readonly mcp: McpGateway | undefined,
  ) {}

  /** The instances of plugins, by name. */
  get named(): ReadonlyMap<string, OpaService> {
    return this.mcp?.pluginServices ?? new Map<string, OpaService>();
  }

  /** The instances that decide requests of an upstream or an MCP server. */
  get inUse(): readonly OpaService[] {
    const usesOwn = this.hasUpstreams || this.mcp?.usesOwnInstance === true;
    return [...(usesOwn ? [this.own] : []), ...this.named.values()];
  }
}
