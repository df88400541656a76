import { civilFromSeconds, daysFromCivil, daysInMonth, SECONDS_PER_DAY } from './civil.js';

/** The offset from UTC in seconds, and the abbreviation, at an instant. */
export interface ZoneOffset {
  readonly name: string;
  readonly offset: number;
}

/** A time zone: the offset and the abbreviation at each instant. */
export interface Zone {
  /** The offset at a number of seconds since 1970. */
  lookup(seconds: number): ZoneOffset;
}

interface Change {
  readonly kind: 'julian' | 'day' | 'weekday';
  readonly month: number;
  readonly week: number;
  readonly day: number;
  readonly time: number;
}

/** A POSIX `TZ` rule. It applies after the last transition of a zone file. */
export interface ZoneRule {
  readonly standard: ZoneOffset;
  readonly summer?: ZoneOffset & { readonly start: Change; readonly end: Change };
}

const NAME = /<([^>]+)>|([^<0-9,+-]{3,})/y;
const OFFSET = /([+-]?)(\d{1,3})(?::(\d{1,2}))?(?::(\d{1,2}))?/y;
const CHANGE = /[,;](?:J(\d+)|M(\d+)\.(\d+)\.(\d+)|(\d+))(?:\/([+-]?\d{1,3}(?::\d{1,2}){0,2}))?/y;
const DEFAULT_CHANGES = ',M3.2.0,M11.1.0';
const TWO_HOURS = 7200;

/** Reads a POSIX `TZ` text such as `CET-1CEST,M3.5.0,M10.5.0/3`. */
export function parseZoneRule(text: string): ZoneRule | undefined {
  const reader = new Reader(text);
  const standardName = reader.name();
  const standardOffset = reader.offset();
  if (standardName === undefined || standardOffset === undefined) {
    return undefined;
  }
  const standard = { name: standardName, offset: -standardOffset };
  if (reader.isAtEnd()) {
    return { standard };
  }
  const summerName = reader.name();
  if (summerName === undefined) {
    return undefined;
  }
  const given = reader.offset();
  const offset = given === undefined ? standard.offset + 3600 : -given;
  const changes = reader.isAtEnd() ? new Reader(DEFAULT_CHANGES) : reader;
  const start = changes.change();
  const end = changes.change();
  return start && end ? { standard, summer: { name: summerName, offset, start, end } } : undefined;
}

/** Applies a rule to an instant. */
export function applyZoneRule(rule: ZoneRule, seconds: number): ZoneOffset {
  const { standard, summer } = rule;
  if (!summer) {
    return standard;
  }
  const { year } = civilFromSeconds(seconds);
  const yearStart = daysFromCivil(year, 1, 1) * SECONDS_PER_DAY;
  const start = yearStart + changeTime(summer.start, year) - standard.offset;
  const end = yearStart + changeTime(summer.end, year) - summer.offset;
  const isSummer = start <= end ? seconds >= start && seconds < end : seconds >= start || seconds < end;
  return isSummer ? { name: summer.name, offset: summer.offset } : standard;
}

/** Seconds since the start of the year, in local time. */
function changeTime(change: Change, year: number): number {
  const isLeap = daysInMonth(year, 2) === 29;
  if (change.kind !== 'weekday') {
    const leapDay = change.kind === 'julian' && isLeap && change.day >= 60 ? 1 : 0;
    const day = change.kind === 'julian' ? change.day - 1 + leapDay : change.day;
    return day * SECONDS_PER_DAY + change.time;
  }
  const first = daysFromCivil(year, change.month, 1);
  const weekday = (((first + 4) % 7) + 7) % 7;
  let day = (change.day - weekday + 7) % 7;
  for (let week = 1; week < change.week && day + 7 < daysInMonth(year, change.month); week++) {
    day += 7;
  }
  return (first - daysFromCivil(year, 1, 1) + day) * SECONDS_PER_DAY + change.time;
}

class Reader {
  private index = 0;

  constructor(private readonly text: string) {}

  isAtEnd(): boolean {
    return this.index >= this.text.length;
  }

  name(): string | undefined {
    const match = this.match(NAME);
    return match?.[1] ?? match?.[2];
  }

  offset(): number | undefined {
    const match = this.match(OFFSET);
    return match ? toSeconds(match[1], match[2], match[3], match[4]) : undefined;
  }

  change(): Change | undefined {
    const match = this.match(CHANGE);
    if (!match) {
      return undefined;
    }
    const [, julian, month = '0', week = '0', weekday = '0', day, time] = match;
    const timeParts = time === undefined ? null : /^([+-]?)(\d+)(?::(\d+))?(?::(\d+))?$/.exec(time);
    const seconds = timeParts ? toSeconds(timeParts[1], timeParts[2], timeParts[3], timeParts[4]) : TWO_HOURS;
    const kind = julian !== undefined ? 'julian' : day !== undefined ? 'day' : 'weekday';
    return {
      kind,
      month: Number(month),
      week: Number(week),
      day: Number(julian ?? day ?? weekday),
      time: seconds,
    };
  }

  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.index;
    const match = pattern.exec(this.text);
    if (!match) {
      return undefined;
    }
    this.index = pattern.lastIndex;
    return match;
  }
}

function toSeconds(sign: string | undefined, hours = '0', minutes = '0', seconds = '0'): number {
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -total : total;
}
