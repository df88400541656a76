import type { BuiltinContext } from '../builtin.js';
import type { GoUrl } from '../go/url.js';
import { parseAddress } from '../go/ip.js';
import type { AlternativeNames } from './alternative-names.js';
import { isDomain } from './alternative-names.js';
import type { Certificate } from './certificate.js';
import { lowerAscii } from './hostname.js';
import type { Mailbox } from './mailbox.js';
import { parseMailbox } from './mailbox.js';
import type { NetworkConstraint, Subtrees } from './name-constraints.js';

/** Whether the authorities of a chain may certify the names below them. */
export function fitsConstraints(context: BuiltinContext, chain: readonly Certificate[]): boolean {
  return chain.every((certificate, index) => {
    const above = chain.slice(index + 1).flatMap(({ constraints }) => constraints ?? []);
    if (!certificate.hasAlternativeNames || above.length === 0) return true;
    const names = readNames(certificate.names);
    return (
      names !== undefined &&
      above.every(({ permitted, excluded }) => {
        context.checkDeadline();
        return allows(context, names, permitted, excluded);
      })
    );
  });
}

interface Names {
  readonly dns: readonly string[];
  readonly hosts: readonly string[];
  readonly mailboxes: readonly Mailbox[];
  readonly addresses: readonly Buffer[];
}

/** The names in the form that constraints apply to. Undefined when a name has no such form. */
function readNames({ dns, emails, addresses, uris }: AlternativeNames): Names | undefined {
  const hosts = uris.flatMap((uri) => hostOf(uri) ?? []);
  const mailboxes = emails.flatMap((email) => parseMailbox(email) ?? []);
  if (hosts.length < uris.length || mailboxes.length < emails.length) return undefined;
  return { dns, hosts, mailboxes, addresses };
}

function hostOf(uri: GoUrl): string | undefined {
  const isBracketed = uri.host.startsWith('[');
  if (uri.host === '' || isBracketed || parseAddress(uri.hostname)) return undefined;
  return lowerAscii(uri.hostname);
}

function allows(context: BuiltinContext, names: Names, permitted: Subtrees, excluded: Subtrees): boolean {
  const fits = <Name, Constraint>(
    list: readonly Name[],
    allowed: readonly Constraint[],
    refused: readonly Constraint[],
    match: (constraint: Constraint, name: Name, isPermitted: boolean) => boolean,
  ): boolean =>
    list.every((name) => {
      context.checkDeadline();
      const isAllowed = allowed.length === 0 || allowed.some((constraint) => match(constraint, name, true));
      return isAllowed && !refused.some((constraint) => match(constraint, name, false));
    });
  const isValid = [...names.dns, ...names.hosts, ...names.mailboxes.map(({ domain }) => domain)];
  return (
    isValid.every((domain) => isDomain(domain, false)) &&
    fits(names.addresses, permitted.networks, excluded.networks, hasAddress) &&
    fits(names.dns, permitted.dns, excluded.dns, hasName) &&
    fits(names.hosts, permitted.uris, excluded.uris, hasName) &&
    fits(names.mailboxes, permitted.emails, excluded.emails, hasMailbox)
  );
}

function hasAddress({ address, mask }: NetworkConstraint, name: Buffer): boolean {
  return (
    name.length === address.length &&
    name.every((byte, index) => (byte & (mask[index] ?? 0)) === ((address[index] ?? 0) & (mask[index] ?? 0)))
  );
}

function hasName(constraint: string, name: string, isPermitted: boolean): boolean {
  const [suffix, text] = [lowerAscii(constraint), lowerAscii(name)];
  if (suffix === '') return true;
  if (text.endsWith(suffix)) {
    return suffix.startsWith('.') || text === suffix || text.at(-suffix.length - 1) === '.';
  }
  // A wildcard covers an excluded name when the two differ only in the first label.
  return !isPermitted && text.startsWith('*') && tail(text) !== '' && tail(text) === tail(suffix);
}

function hasMailbox(constraint: string, mailbox: Mailbox, isPermitted: boolean): boolean {
  if (!constraint.includes('@')) return hasName(constraint, mailbox.domain, isPermitted);
  const wanted = parseMailbox(constraint);
  return wanted?.local === mailbox.local && lowerAscii(wanted.domain) === lowerAscii(mailbox.domain);
}

function tail(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}
