import type { OpaService } from 'nestjs-opa';
import type { McpGateway } from 'nestjs-opa-mcp/internal';

/** The instances that decide for a gateway: its own, and those of plugins whose file says more than its options. */
export class OpaInstances {
  /**
   * @param own - the gateway's own
   * @param hasUpstreams - whether the gateway has REST upstreams, for which its own instance decides
   * @param mcp - the MCP servers, if there are any
   */
  constructor(
    private readonly own: OpaService,
    private readonly hasUpstreams: boolean,
    private readonly mcp: McpGateway | undefined,
  ) {}

  /** Those of plugins, by name. */
  get named(): ReadonlyMap<string, OpaService> {
    return this.mcp?.pluginServices ?? new Map<string, OpaService>();
  }

  /** Those that decide for entries. */
  get inUse(): readonly OpaService[] {
    const usesOwn = this.hasUpstreams || this.mcp?.usesOwnInstance === true;
    return [...(usesOwn ? [this.own] : []), ...this.named.values()];
  }
}
