import { Logger } from '@nestjs/common';
import { isObject } from '../protocol/parse.js';
import { quoted } from '../protocol/quoted.js';

/** The number of tools that the log names, so that a server with endless tools can't fill the memory. */
const MAX_REPORTED = 1_000;

/** Logs, once a tool, that the tool declares an authorization mapping of its own, which this package ignores. */
export class DeclaredMappings {
  private readonly logger = new Logger('OpaMcp');
  private readonly reported = new Set<string>();

  /** @param tools - as the MCP server lists them */
  report(tools: readonly unknown[]): void {
    for (const tool of tools) {
      if (!isObject(tool) || !isObject(tool['inputSchema'])) continue;
      if (!('x-authzen-mapping' in tool['inputSchema'])) continue;
      if (typeof tool['name'] !== 'string') continue;
      const name = quoted(tool['name']);
      if (this.reported.has(name) || this.reported.size >= MAX_REPORTED) continue;
      this.reported.add(name);
      this.logger.warn(
        `The tool ${name} declares an "x-authzen-mapping". It is ignored: COAZ's default mapping applies.`,
      );
    }
  }
}
