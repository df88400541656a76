import { daysInMonth, secondsFromCivil } from '../go/civil.js';
import { GoError } from '../go/error.js';
import type { DerReader } from './der.js';
import { TAG } from './der.js';

/** A time of a certificate: its text as Go writes it in JSON, and its seconds since 1970. */
export interface CertificateTime {
  readonly text: string;
  readonly seconds: number;
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(Z|[+-]\d{4})$/;
const SECONDS_PER_MINUTE = 60;

/** Reads a time in either form. */
export function readTime(reader: DerReader): CertificateTime {
  const problem = reader.peek(TAG.utcTime) ? 'x509: malformed UTCTime' : 'x509: malformed GeneralizedTime';
  const content = reader.optional(TAG.utcTime, problem);
  if (content) return timeOf(UTC_TIME, content.toString('latin1'), problem);
  if (!reader.peek(TAG.generalizedTime)) throw new GoError('x509: unsupported time format');
  return timeOf(GENERALIZED_TIME, reader.content(TAG.generalizedTime, problem).toString('latin1'), problem);
}

function timeOf(pattern: RegExp, written: string, problem: string): CertificateTime {
  const match = pattern.exec(written);
  if (!match) throw new GoError(problem);
  const [, yearText = '', ...rest] = match;
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = rest.map((part) => Number(part) || 0);
  const zone = rest.at(-1) ?? 'Z';
  const offset = offsetMinutes(zone);
  const isRange = month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60;
  const year = yearText.length === 2 ? shortYear(Number(yearText)) : Number(yearText);
  if (!isRange || offset === undefined || day < 1 || day > daysInMonth(year, month))
    throw new GoError(problem);
  const civil = { year, month, day, hour, minute, second };
  const digits = (value: number, width = 2): string => String(value).padStart(width, '0');
  const date = `${digits(year, 4)}-${digits(month)}-${digits(day)}`;
  const clock = `${digits(hour)}:${digits(minute)}:${digits(second)}`;
  return {
    text: `${date}T${clock}${zone === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3)}`}`,
    seconds: secondsFromCivil(civil) - offset * SECONDS_PER_MINUTE,
  };
}

function shortYear(year: number): number {
  return year >= 50 ? 1900 + year : 2000 + year;
}

/**
 * The minutes of an offset. Go refuses an offset that it would write differently, such as an offset of zero minutes.
 */
function offsetMinutes(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3))];
  const offset = hours * 60 + minutes;
  if (offset === 0 || hours > 24 || minutes >= 60) return undefined;
  return zone.startsWith('-') ? -offset : offset;
}
