// OPA's official release: the binary and its published checksum, both bounded in time.
import { createHash } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';

export const OPA_VERSION = '1.22.2';

const RELEASES = 'https://github.com/open-policy-agent/opa/releases/download';
const NAMES = {
  'linux-x64': 'opa_linux_amd64_static',
  'linux-arm64': 'opa_linux_arm64_static',
  'darwin-x64': 'opa_darwin_amd64',
  'darwin-arm64': 'opa_darwin_arm64_static',
  'win32-x64': 'opa_windows_amd64.exe',
};

/** Downloads the release for this platform into a file; throws when there is no release, or its checksum is wrong. */
export async function downloadRelease(file, env) {
  const name = NAMES[`${process.platform}-${process.arch}`];
  if (name === undefined) throw new Error(`there is no release for ${process.platform}-${process.arch}`);
  const base = `${env.OPA_DOWNLOAD_URL ?? RELEASES}/v${OPA_VERSION}/${name}`;
  // The checksum comes first: it is small, so it tells quickly whether there is a way out.
  const limit = Number(env.OPA_DOWNLOAD_CONNECT_MS ?? 3_000);
  const published = (await get(`${base}.sha256`, limit)).toString().trim().split(/\s+/, 1)[0];
  const binary = await get(base, 120_000);
  const sum = createHash('sha256').update(binary).digest('hex');
  if (sum !== published) throw new Error(`its checksum is ${sum}, but ${published} was published`);
  await writeFile(file, binary);
  await chmod(file, 0o755);
}

async function get(url, limit) {
  try {
    const response = await follow(new URL(url), AbortSignal.timeout(limit));
    if (!response.ok) throw new Error(`answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new Error(`${url}: ${error.cause?.message || error.message}`, { cause: error });
  }
}

// By hand: fetch would follow a redirect from https to http, and the checksum comes the same way as the binary.
async function follow(url, signal, redirects = 5) {
  const response = await fetch(url, { signal, redirect: 'manual' });
  const location = response.headers.get('location');
  if (response.status < 300 || response.status > 399 || location === null) return response;
  await response.body?.cancel();
  const next = new URL(location, url);
  if (next.protocol !== 'https:' && next.protocol !== url.protocol)
    throw new Error(`${url.origin} redirects from ${url.protocol} to ${next.protocol}, which is refused`);
  if (redirects === 0) throw new Error('it redirects too often');
  return follow(next, signal, redirects - 1);
}
