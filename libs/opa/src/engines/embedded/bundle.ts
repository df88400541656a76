import { unpack } from './archive.js';
import { mergeData } from './data.js';
import { badBundle } from './errors.js';
import { readSource, sourceLabel } from './source.js';

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
/** Room for what packs well, and an end to what packs too well. */
const UNPACKED_FACTOR = 8;

/** How a bundle is read. */
export interface LoadBundleOptions {
  /**
   * The largest bundle that is read, packed, in bytes; unpacked it may be eight times as large.
   *
   * @defaultValue 67,108,864 (64 MiB)
   */
  readonly maxBytes?: number | undefined;
}

/** An OPA bundle with a Wasm policy, read and unpacked but not yet compiled. */
export interface Bundle {
  /** Where it came from, for messages: the path, or the URL without credentials and query. */
  readonly source: string;
  /** The bundle's `/policy.wasm`. */
  readonly wasm: Uint8Array;
  /** The bundle's data, as one JSON text in UTF-8. */
  readonly data: Uint8Array;
}

/**
 * Reads an OPA bundle: the tar.gz that `opa build -t wasm -e PATH` makes.
 *
 * @remarks An http(s) URL is read once: no redirects, at most 10 seconds. The bundle's signature is not checked;
 * load bundles only from where you trust.
 *
 * @param source - the path of a file, or an http(s) URL
 * @throws OpaError `OPA_BAD_BUNDLE` when it can't be read, is too large, corrupt, or has no Wasm policy
 */
export async function loadBundle(source: string, options: LoadBundleOptions = {}): Promise<Bundle> {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const label = sourceLabel(source);
  const packed = await readSource(source, maxBytes);

  const files = await unpack(packed, maxBytes * UNPACKED_FACTOR).catch((cause: unknown) => {
    throw badBundle(label, `is not a whole tar.gz archive: ${(cause as Error).message}`, cause);
  });
  const wasm = files.get('/policy.wasm');
  if (wasm === undefined) {
    throw badBundle(label, 'has no policy.wasm. Build it with "opa build -t wasm -e PATH".');
  }
  try {
    return { source: label, wasm, data: mergeData(files) };
  } catch (cause) {
    throw badBundle(label, `has data that can't be used: ${(cause as Error).message}`, cause);
  }
}
