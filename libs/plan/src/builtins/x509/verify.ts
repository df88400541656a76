import { constants, verify } from 'node:crypto';
import type { BuiltinContext } from '../builtin.js';
import { KEY_ALGORITHM } from './algorithms.js';
import type { Certificate } from './certificate.js';
import { fitsConstraints } from './constraint-check.js';
import { coversHost } from './hostname.js';
import { ANY_USAGE, SERVER_USAGE } from './usages.js';

/** The requirements on a certificate. */
export interface VerifyOptions {
  /** Empty when the certificate may be for any host. */
  readonly host: string;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly usages: readonly number[];
}

interface Search {
  readonly context: BuiltinContext;
  readonly root: Certificate;
  readonly intermediates: readonly Certificate[];
  readonly options: VerifyOptions;
  signatures: number;
}

type Role = 'root' | 'intermediate';

const MOST_SIGNATURES = 100;
const SIGNS_CERTIFICATES = 1 << 5;
const VERSION_3 = 3;
const NANOSECONDS = 1_000_000_000n;

/** The first valid chain from the last certificate, through the others, to the first. Undefined if there is none. */
export function verifyChain(
  context: BuiltinContext,
  certificates: readonly Certificate[],
  options: VerifyOptions,
): readonly Certificate[] | undefined {
  const [root, ...others] = certificates;
  const leaf = others.at(-1);
  if (!root || !leaf) return undefined;
  if (!isValid(leaf, [], options)) return undefined;
  if (options.host !== '' && !coversHost(leaf.names, options.host)) return undefined;
  const search: Search = {
    context,
    root,
    intermediates: distinct(others.slice(0, -1)),
    options,
    signatures: 0,
  };
  const chains = root.raw.equals(leaf.raw) ? [[leaf]] : chainsOf(leaf, [leaf], search);
  const usages = options.usages.length === 0 ? [SERVER_USAGE] : options.usages;
  return chains.find(
    (chain) => hasNoPolicy(chain) && fitsUsages(chain, usages) && fitsConstraints(context, chain),
  );
}

function distinct(certificates: readonly Certificate[]): Certificate[] {
  return [
    ...new Map(certificates.map((certificate) => [certificate.raw.toString('latin1'), certificate])).values(),
  ];
}

function chainsOf(child: Certificate, chain: readonly Certificate[], search: Search): Certificate[][] {
  const chains: Certificate[][] = [];
  const consider = (parent: Certificate, role: Role): void => {
    search.context.checkDeadline();
    if (++search.signatures > MOST_SIGNATURES || parent.publicKey.value === null || isInChain(parent, chain))
      return;
    if (!isSignedBy(child, parent) || !isValid(parent, chain, search.options, role)) return;
    const longer = [...chain, parent];
    if (role === 'root') chains.push(longer);
    else chains.push(...chainsOf(parent, longer, search));
  };
  for (const parent of parentsOf(child, [search.root])) consider(parent, 'root');
  for (const parent of parentsOf(child, search.intermediates)) consider(parent, 'intermediate');
  return chains;
}

/** The candidate issuers of a certificate, the most likely first. */
function parentsOf(child: Certificate, certificates: readonly Certificate[]): Certificate[] {
  const wanted = keyId(child.authorityKeyId);
  const rank = (parent: Certificate): number => {
    const found = keyId(parent.subjectKeyId);
    if (found === wanted) return 0;
    return found === '' || wanted === '' ? 1 : 2;
  };
  return certificates
    .filter(({ rawSubject }) => rawSubject.equals(child.rawIssuer))
    .sort((left, right) => rank(left) - rank(right));
}

function keyId(bytes: Buffer | undefined): string {
  return bytes?.toString('hex') ?? '';
}

function isInChain(candidate: Certificate, chain: readonly Certificate[]): boolean {
  const names = namesExtension(candidate);
  for (const certificate of chain) {
    const isSame =
      candidate.rawSubject.equals(certificate.rawSubject) &&
      candidate.rawPublicKey.equals(certificate.rawPublicKey);
    if (!isSame) continue;
    const others = namesExtension(certificate);
    if (names === others) return true;
    if (names === undefined || others === undefined) return false;
  }
  return false;
}

function namesExtension({ extensions }: Certificate): string | undefined {
  return extensions.find(({ id }) => id.join('.') === '2.5.29.17')?.value.toString('hex');
}

function isValid(
  certificate: Certificate,
  chain: readonly Certificate[],
  options: VerifyOptions,
  role: Role | 'leaf' = 'leaf',
): boolean {
  const { notBefore, notAfter, hasBasicConstraints, isAuthority, maxPathLength } = certificate;
  if (certificate.unhandled.length > 0) return false;
  if (options.time < BigInt(notBefore.seconds) * NANOSECONDS) return false;
  if (options.time > BigInt(notAfter.seconds) * NANOSECONDS) return false;
  if (role === 'intermediate' && !(hasBasicConstraints && isAuthority)) return false;
  return !hasBasicConstraints || maxPathLength < 0n || BigInt(chain.length - 1) <= maxPathLength;
}

function isSignedBy(child: Certificate, parent: Certificate): boolean {
  const { hasBasicConstraints, isAuthority, keyUsage, publicKey, version } = parent;
  if (hasBasicConstraints ? !isAuthority : version === VERSION_3) return false;
  if (keyUsage !== 0 && (keyUsage & SIGNS_CERTIFICATES) === 0) return false;
  const { key: algorithm, hash, isPss = false } = child.signatureAlgorithm;
  if (!publicKey.key || publicKey.algorithm !== algorithm) return false;
  if (hash === undefined && algorithm !== KEY_ALGORITHM.ed25519) return false;
  const padding = isPss ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const options = algorithm === KEY_ALGORITHM.rsa ? { padding } : {};
  const salt = isPss ? { saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {};
  try {
    return verify(hash, child.rawBody, { key: publicKey.key, ...options, ...salt }, child.signature);
  } catch {
    // OpenSSL refuses the key or the form of the signature. Then this key did not make the signature.
    return false;
  }
}

/** Whether a chain requires no certificate policy. OPA never names one, so a chain that requires one is refused. */
function hasNoPolicy(chain: readonly Certificate[]): boolean {
  return chain.every(({ requireExplicitPolicy }) => requireExplicitPolicy === undefined);
}

function fitsUsages(chain: readonly Certificate[], wanted: readonly number[]): boolean {
  if (wanted.includes(ANY_USAGE)) return true;
  let remaining = [...wanted];
  for (const { usages, unknownUsages } of [...chain].reverse()) {
    const isUnlimited = usages.length + unknownUsages.length === 0 || usages.includes(ANY_USAGE);
    if (!isUnlimited) remaining = remaining.filter((usage) => usages.includes(usage));
  }
  return remaining.length > 0;
}
