/** An address of e-mail. */
export interface Mailbox {
  readonly local: string;
  readonly domain: string;
}

const ATOM = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~]";
const QUOTED_TEXT = '[\\x01-\\x08\\x0b\\x0c\\x0e-!#-[\\]-\\x7f]';
const QUOTED_PAIR = '\\\\[\\x01-\\x09\\x0b\\x0c\\x0e-\\x7f]';
const QUOTED = new RegExp(`^"((?:${QUOTED_TEXT}|${QUOTED_PAIR})*)"@(.*)$`, 's');
const PLAIN = new RegExp(`^((?:${ATOM}|\\\\.)+(?:\\.(?:${ATOM}|\\\\.)+)*)@(.*)$`, 's');
const DOMAIN = /^[!-~]+$/;

/** Reads an address by the rules of RFC 2821, as Go does. */
export function parseMailbox(text: string): Mailbox | undefined {
  const match = QUOTED.exec(text) ?? PLAIN.exec(text);
  const [, local = '', domain = ''] = match ?? [];
  const isDomain = domain === '' || domain.split('.').every((label) => DOMAIN.test(label));
  if (!match || !isDomain) return undefined;
  return { local: local.replace(/\\(.)/gs, '$1'), domain };
}
