import { spend } from '../../values/index.js';
import type { CivilTime } from './civil.js';
import { civilFromSeconds, daysFromCivil, SECONDS_PER_DAY, weekdayFromSeconds } from './civil.js';
import type { ZoneOffset } from './zone-rule.js';

/** English weekday names, Sunday first. */
export const WEEKDAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;
/** English month names. */
export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** One part of a layout: literal text, then a reference element such as `2006` (empty at the end of the layout). */
export interface LayoutPart {
  readonly prefix: string;
  readonly element: string;
}

/** The names that OPA accepts in place of a layout. */
const NAMED_LAYOUTS: ReadonlyMap<string, string> = new Map([
  ['ANSIC', 'Mon Jan _2 15:04:05 2006'],
  ['UnixDate', 'Mon Jan _2 15:04:05 MST 2006'],
  ['RubyDate', 'Mon Jan 02 15:04:05 -0700 2006'],
  ['RFC822', '02 Jan 06 15:04 MST'],
  ['RFC822Z', '02 Jan 06 15:04 -0700'],
  ['RFC850', 'Monday, 02-Jan-06 15:04:05 MST'],
  ['RFC1123', 'Mon, 02 Jan 2006 15:04:05 MST'],
  ['RFC1123Z', 'Mon, 02 Jan 2006 15:04:05 -0700'],
  ['RFC3339', '2006-01-02T15:04:05Z07:00'],
  ['RFC3339Nano', '2006-01-02T15:04:05.999999999Z07:00'],
]);

const ELEMENT = new RegExp(
  [
    'January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|2|__2|_2(?!006)|3|4|5|PM|pm',
    '-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07|[.,]0+(?![0-9])|[.,]9+(?![0-9])',
  ].join('|'),
  'g',
);

/** The layout that a name or a layout stands for. */
export function namedLayout(nameOrLayout: string): string {
  return NAMED_LAYOUTS.get(nameOrLayout) ?? nameOrLayout;
}

/** Splits a Go layout into its parts. */
export function parseLayout(layout: string): LayoutPart[] {
  const parts: LayoutPart[] = [];
  let end = 0;
  for (const match of layout.matchAll(ELEMENT)) {
    spend(1);
    parts.push({ prefix: layout.slice(end, match.index), element: match[0] });
    end = match.index + match[0].length;
  }
  parts.push({ prefix: layout.slice(end), element: '' });
  return parts;
}

interface Moment {
  readonly civil: CivilTime;
  readonly local: number;
  readonly nanoseconds: number;
  readonly zone: ZoneOffset;
}

/** An instant as Go's `Time.Format` writes it. */
export function formatTime(seconds: number, nanoseconds: number, zone: ZoneOffset, layout: string): string {
  const local = seconds + zone.offset;
  const moment = { civil: civilFromSeconds(local), local, nanoseconds, zone };
  return parseLayout(layout)
    .map(({ prefix, element }) => prefix + formatElement(element, moment))
    .join('');
}

function formatElement(element: string, moment: Moment): string {
  const { civil } = moment;
  switch (element) {
    case '':
      return '';
    case '06':
      return padded(Math.abs(civil.year) % 100, 2);
    case '2006':
      return padded(civil.year, 4);
    case 'Jan':
      return (MONTHS[civil.month - 1] ?? '').slice(0, 3);
    case 'January':
      return MONTHS[civil.month - 1] ?? '';
    case '1':
      return civil.month.toString();
    case '01':
      return padded(civil.month, 2);
    case 'Mon':
      return (WEEKDAYS[weekdayFromSeconds(moment.local)] ?? '').slice(0, 3);
    case 'Monday':
      return WEEKDAYS[weekdayFromSeconds(moment.local)] ?? '';
    case '2':
      return civil.day.toString();
    case '_2':
      return civil.day.toString().padStart(2);
    case '02':
      return padded(civil.day, 2);
    case '__2':
      return dayOfYear(moment).toString().padStart(3);
    case '002':
      return padded(dayOfYear(moment), 3);
    case 'MST':
      return moment.zone.name === '' ? formatOffset('-0700', moment.zone.offset) : moment.zone.name;
    default:
      return formatClock(element, moment);
  }
}

function formatClock(element: string, moment: Moment): string {
  const { civil } = moment;
  switch (element) {
    case '15':
      return padded(civil.hour, 2);
    case '3':
      return (civil.hour % 12 || 12).toString();
    case '03':
      return padded(civil.hour % 12 || 12, 2);
    case '4':
      return civil.minute.toString();
    case '04':
      return padded(civil.minute, 2);
    case '5':
      return civil.second.toString();
    case '05':
      return padded(civil.second, 2);
    case 'PM':
      return civil.hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return civil.hour >= 12 ? 'pm' : 'am';
    default:
      return /^[.,]/.test(element)
        ? formatFraction(element, moment.nanoseconds)
        : formatOffset(element, moment.zone.offset);
  }
}

function dayOfYear({ civil, local }: Moment): number {
  return Math.floor(local / SECONDS_PER_DAY) - daysFromCivil(civil.year, 1, 1) + 1;
}

function formatOffset(element: string, offset: number): string {
  if (element.startsWith('Z') && offset === 0) {
    return 'Z';
  }
  // Go divides towards zero before it reads the sign, so it writes "+" for an offset of less than a minute.
  const minutes = Math.trunc(offset / 60);
  const size = Math.abs(minutes);
  const colon = element.includes(':') ? ':' : '';
  let text = (minutes < 0 ? '-' : '+') + padded(Math.trunc(size / 60), 2);
  if (element.length > 3) {
    text += colon + padded(size % 60, 2);
  }
  if (/07(?::00:00|0000)$/.test(element)) {
    text += colon + padded((minutes < 0 ? -offset : offset) % 60, 2);
  }
  return text;
}

function formatFraction(element: string, nanoseconds: number): string {
  const digits = padded(nanoseconds, 9).slice(0, Math.min(element.length - 1, 9));
  if (element[1] === '0') {
    return element.slice(0, 1) + digits.padEnd(element.length - 1, '0');
  }
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? '' : element.slice(0, 1) + trimmed;
}

function padded(number: number, width: number): string {
  const digits = Math.abs(number).toString().padStart(width, '0');
  return number < 0 ? '-' + digits : digits;
}
