/** The largest response of an authorization server, in bytes. */
const MAX_BYTES = 256 * 1024;

/**
 * Fetches a response of an authorization server with its whole body, up to 256 KiB. A larger body would fill the memory of
 * the gateway.
 *
 * @throws Error with the code `RESPONSE_TOO_LARGE` beyond the limit, or the error of `fetch`
 */
export async function fetchBounded(url: string, options: object): Promise<Response> {
  const response = await fetch(url, options);
  const { status, headers, body } = response;
  if (body === null) return response;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw Object.assign(new Error('too large'), { code: 'RESPONSE_TOO_LARGE' });
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status, headers });
}
