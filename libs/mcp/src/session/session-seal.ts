import { randomBytes } from 'node:crypto';
import { Seal } from './seal.js';

/** The two ids of a session. */
export interface Session {
  /** The client's id. Only a gateway with the same key can make it. */
  readonly id: string;
  /** The upstream's id. */
  readonly upstream: string;
}

/** Encrypts the upstream's session ids into ids for clients, and decrypts them. */
export class SessionSeal {
  private readonly ids: Seal;

  /** @param secret - the secret that all replicas of a gateway share; without it, sessions end with the process */
  constructor(secret?: string) {
    this.ids = new Seal(secret ?? randomBytes(32), 'nestjs-opa mcp session');
  }

  /**
   * Makes the client's id of a session: the encrypted id of the upstream. No other subject can use the id.
   *
   * @param bound - the MCP server and the subject, which the seal authenticates
   */
  seal(upstream: string, bound: string): Session {
    return { id: this.ids.seal(upstream, bound), upstream };
  }

  /** Decrypts a client's id. Returns `undefined` when the seal is invalid for this server and subject. */
  open(id: string, bound: string): Session | undefined {
    const upstream = this.ids.open(id, bound);
    return upstream === undefined || upstream === '' ? undefined : { id, upstream };
  }
}
