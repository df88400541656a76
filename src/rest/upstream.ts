import type { Agent } from 'node:http';
import { UpstreamCredentials, upstreamConnector } from 'nestjs-opa-mcp/internal';
import type { PublicUrl } from 'nestjs-opa-mcp/internal';
import type { UpstreamEntry } from '../config/index.js';
import { PublicPath } from './public-path.js';
import { upstreamAgent } from './upstream-agent.js';

/** Settings that all upstreams of a gateway share. */
export interface UpstreamSettings {
  /** The names of headers that only a policy may set, in lower case. `*` at the end matches any suffix. */
  readonly policyHeaders: readonly string[];
  /** The largest head of a response, in bytes. */
  readonly maxHeaderBytes: number;
  /** The URL under which clients reach the gateway. */
  readonly publicUrl: PublicUrl;
}

/** An upstream: its entry in the gateway's file and its connections. */
export class Upstream {
  readonly url: URL;
  readonly paths: PublicPath;
  readonly policyHeaders: readonly string[];
  readonly maxHeaderBytes: number;
  readonly publicUrl: PublicUrl;
  /** The gateway's own credentials for the upstream. */
  readonly credentials: UpstreamCredentials;
  /** Connections that serve one request after another. */
  readonly connections: Agent;
  /** Connections that serve a single request. */
  readonly newConnections: Agent;

  /** @param policy - the policy path for requests */
  constructor(
    readonly entry: Readonly<UpstreamEntry>,
    readonly policy: string,
    { policyHeaders, maxHeaderBytes, publicUrl }: UpstreamSettings,
  ) {
    const { url, name, timeout } = entry;
    this.credentials = new UpstreamCredentials(entry, 'Upstream');
    this.url = new URL(url);
    this.paths = new PublicPath(this.url.pathname.replace(/\/$/, ''), publicUrl.pathOf(`/api/${name}`));
    this.policyHeaders = policyHeaders;
    this.maxHeaderBytes = maxHeaderBytes;
    this.publicUrl = publicUrl;
    const connect = upstreamConnector({ timeout, tls: this.credentials.tls });
    this.connections = upstreamAgent(this.url, { connect, keepAlive: true });
    this.newConnections = upstreamAgent(this.url, { connect, keepAlive: false });
  }

  /** The headers of responses that clients do not receive. `*` at the end matches any suffix. */
  get hiddenHeaders(): readonly string[] {
    return [...this.policyHeaders, ...this.credentials.hiddenHeaders];
  }

  /** Whether the gateway has a credential of its own for the upstream, and passes no token of the user. */
  get hasOwnCredential(): boolean {
    const { headers, auth, forwardToken } = this.entry;
    return !forwardToken && (headers !== undefined || auth !== undefined);
  }

  /** The path of a request at the upstream: the base path and the path of the request. */
  pathOf(path: string): string {
    return this.paths.basePath + path;
  }

  /** Closes all connections. */
  close(): void {
    this.connections.destroy();
    this.newConnections.destroy();
  }
}
