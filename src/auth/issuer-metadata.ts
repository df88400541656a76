import { messageOf } from 'nestjs-opa/internal';

/** The well-known documents of an issuer: RFC 8414's, and the one of OpenID Connect Discovery 1.0. */
export const DOCUMENTS = ['oauth-authorization-server', 'openid-configuration'] as const;

/** The name of a well-known document of an issuer. */
export type MetadataDocument = (typeof DOCUMENTS)[number];

/** How long the gateway keeps a document, in milliseconds. */
const FRESH_MS = 60_000;
/** How long the gateway keeps a failure, in milliseconds. Clients without a token must not flood the issuer. */
const FAILED_MS = 5_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 256 * 1024;

interface Entry {
  readonly document: Promise<object>;
  expires: number;
}

/** Fetches the metadata of an issuer. Concurrent requests share one fetch. */
export class IssuerMetadata {
  private readonly entries = new Map<MetadataDocument, Entry>();

  /** @param issuer - the issuer's URL, which the metadata must repeat (RFC 8414, 3.3) */
  constructor(private readonly issuer: string) {}

  /**
   * Returns a document of the issuer. Many issuers have one of the two documents only. Both hold the same members, so
   * the other document stands in for a missing one.
   *
   * @throws Error when the issuer doesn't respond with metadata of this issuer
   */
  get(name: MetadataDocument): Promise<object> {
    const cached = this.entries.get(name);
    if (cached !== undefined && cached.expires > performance.now()) return cached.document;
    const document = this.fetchFirst(this.placesOf(name));
    const entry = { document, expires: Infinity };
    const keep = (duration: number) => () => void (entry.expires = performance.now() + duration);
    document.then(keep(FRESH_MS), keep(FAILED_MS));
    this.entries.set(name, entry);
    return document;
  }

  private placesOf(name: MetadataDocument): readonly string[] {
    const { origin, pathname } = new URL(this.issuer);
    const path = pathname.replace(/\/$/, '');
    // RFC 8414, 3.1, inserts the name before the path. OpenID Connect Discovery, 4, adds the name after the path.
    const rfc8414 = `${origin}/.well-known/oauth-authorization-server${path}`;
    const openid = `${origin}${path}/.well-known/openid-configuration`;
    return name === 'openid-configuration' ? [openid, rfc8414] : [rfc8414, openid];
  }

  private async fetchFirst(places: readonly string[]): Promise<object> {
    const failures: string[] = [];
    for (const place of places) {
      try {
        return await this.fetch(place);
      } catch (error) {
        failures.push(`${place}: ${messageOf(error)}`);
      }
    }
    throw new Error(failures.join('; '));
  }

  private async fetch(url: string): Promise<object> {
    const headers = { accept: 'application/json' };
    const response = await fetch(url, {
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await readBounded(response);
    if (response.status !== 200) throw new Error(`status ${response.status}`);
    const metadata = JSON.parse(text) as { readonly issuer?: unknown } | null;
    if (metadata?.issuer !== this.issuer) throw new Error('the metadata name another issuer');
    return metadata;
  }
}

async function readBounded({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error(`the metadata are larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
