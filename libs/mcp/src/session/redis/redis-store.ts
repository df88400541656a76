import { createHmac, hkdfSync } from 'node:crypto';
import { RedisCommands, RedisFailure } from 'nestjs-opa/internal';
import type { McpRedis } from '../../options/redis.js';
import { GatewayError } from '../../protocol/gateway-error.js';
import { INTERNAL_ERROR } from '../../protocol/parse.js';
import { Seal } from '../seal.js';

const PREFIX = 'nestjs-opa:mcp';
const TIMEOUT_MS = 1_000;
const RETRY_AFTER_S = 1;

/** How long a record lives after its last use, in seconds: 24 hours. */
export const RECORD_TTL_S = 86_400;

/**
 * The access of one MCP server to its records in Redis. Names of keys are keyed hashes, and values are encrypted and
 * bound to their key. So a reader of Redis learns no name and no argument, and a writer can neither make up a record nor
 * move a record to another place.
 */
export class RedisStore {
  private readonly seals: Seal;
  private readonly names: Buffer;
  private readonly commands: RedisCommands;

  /**
   * @param secret - the module's option `sessionKey`
   * @param server - the name of the MCP server
   */
  constructor(
    private readonly redis: McpRedis,
    secret: string,
    private readonly server: string,
  ) {
    this.seals = new Seal(secret, 'nestjs-opa mcp record');
    this.names = Buffer.from(hkdfSync('sha256', secret, '', 'nestjs-opa mcp record name', 32));
    const consequence = `MCP messages to "${server}" that need a record are refused`;
    this.commands = new RedisCommands(redis, { timeout: TIMEOUT_MS, consequence });
  }

  /** Makes the key of a record. */
  key(kind: string, ...parts: readonly (string | number)[]): string {
    return `${PREFIX}:${kind}:${this.hash(this.server, kind, ...parts)}`;
  }

  /** Hashes a text, so that Redis holds no text of a client. */
  hash(...parts: readonly (string | number)[]): string {
    return createHmac('sha256', this.names).update(JSON.stringify(parts)).digest('base64url');
  }

  seal(text: string, place: string): string {
    return this.seals.seal(text, place);
  }

  open(sealed: unknown, place: string): string | undefined {
    return typeof sealed === 'string' ? this.seals.open(sealed, place) : undefined;
  }

  /**
   * Runs a Lua script on one key. Redis carries out the script as a whole.
   *
   * @throws GatewayError 503 when Redis fails
   */
  async run(script: string, key: string, ...values: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.commands.run(() => this.redis.eval(script, 1, key, ...values.map(String)));
    } catch (error) {
      if (!(error instanceof RedisFailure)) throw error;
      const headers = { 'retry-after': String(RETRY_AFTER_S) };
      throw new GatewayError(
        503,
        INTERNAL_ERROR,
        'The records of MCP sessions are not available',
        undefined,
        headers,
      );
    }
  }
}
