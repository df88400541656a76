import type { BuiltinContext } from '../builtin.js';
import { attempt, succeeds } from '../failure.js';
import { parseAddress } from '../go/ip.js';
import { parseTime } from '../go/layout-parse.js';
import { parseUrl } from '../go/url.js';
import { compileRegex } from '../regex-cache.js';

const HOST_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9])';
const HOSTNAME = new RegExp(`^${HOST_LABEL}(?:\\.${HOST_LABEL})*$`);
const UUID = /^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/i;
const POINTER = /^(?:\/(?:[^~/]|~0|~1)*)*$/;
const RELATIVE_POINTER = /^(?:0|[1-9][0-9]*)(?:#|(?:\/(?:[^~/]|~0|~1)*)*)$/;
const TEMPLATE_PATH = /^(?:[^{]|\{[^}]*\})*$/;
/** An address, alone or in angle brackets after a name. The pattern covers the forms of RFC 5322 that are in use. */
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]+";
const LOCAL = `(?:${ATOM}(?:\\.${ATOM})*|"(?:[^"\\\\]|\\\\.)*")`;
const DOMAIN = `(?:${ATOM}(?:\\.${ATOM})*|\\[[^\\[\\]\\\\]*\\])`;
const EMAIL = new RegExp(`^(?:\\s*${LOCAL}@${DOMAIN}|[^<>@,;:]*<${LOCAL}@${DOMAIN}>)\\s*$`, 'u');

const RFC3339 = '2006-01-02T15:04:05Z07:00';
const TIMES = ['15:04:05', '15:04:05Z07:00'];

type Check = (text: string, context: BuiltinContext) => boolean;

const CHECKS = new Map<string, Check>([
  ['date', (text: string) => isTime(text, '2006-01-02')],
  ['time', (text: string) => TIMES.some((layout) => isTime(text, layout))],
  ['date-time', (text: string) => [...TIMES, '2006-01-02', RFC3339].some((layout) => isTime(text, layout))],
  ['hostname', (text: string) => text.length < 256 && HOSTNAME.test(text)],
  ['email', isEmail],
  ['idn-email', isEmail],
  ['ipv4', (text: string) => parseAddress(text) !== undefined && text.includes('.')],
  ['ipv6', (text: string) => parseAddress(text) !== undefined && text.includes(':')],
  ['uri', isUri],
  ['iri', isUri],
  ['uri-reference', isReference],
  ['iri-reference', isReference],
  ['uri-template', (text: string) => isReference(text) && TEMPLATE_PATH.test(parseUrl(text).path)],
  ['uuid', (text: string) => UUID.test(text)],
  ['regex', (text, context) => text === '' || succeeds(() => compileRegex(context, text))],
  ['json-pointer', (text: string) => POINTER.test(text)],
  ['relative-json-pointer', (text: string) => RELATIVE_POINTER.test(text)],
]);

/** Whether a text has a format. Returns true for an unknown format. */
export function hasFormat(context: BuiltinContext, format: string, text: string): boolean {
  return CHECKS.get(format)?.(text, context) ?? true;
}

function isTime(text: string, layout: string): boolean {
  return succeeds(() => parseTime(layout, text));
}

function isEmail(text: string): boolean {
  return EMAIL.test(text);
}

function isReference(text: string): boolean {
  return !text.includes('\\') && succeeds(() => parseUrl(text));
}

function isUri(text: string): boolean {
  const url = attempt(() => parseUrl(text))?.[0];
  return url !== undefined && url.scheme !== '' && !text.includes('\\');
}
