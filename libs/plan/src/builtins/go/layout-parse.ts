import { daysInMonth, secondsFromCivil } from './civil.js';
import { bytesOf } from './bytes.js';
import { GoError } from './error.js';
import type { LayoutPart } from './layout.js';
import { MONTHS, parseLayout, WEEKDAYS } from './layout.js';

/** An instant: seconds since 1970, and nanoseconds. */
export interface Instant {
  readonly seconds: number;
  readonly nanoseconds: number;
}

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/** Reads a time as Go's `time.Parse` does with a local zone of UTC. */
export function parseTime(layout: string, value: string): Instant {
  return new TimeParser(layout, value).parse();
}

/** A text as Go's `time` package quotes it in errors. */
export function quoteTime(text: string): string {
  let quoted = '"';
  for (const byte of bytesOf(text)) {
    if (byte >= 0x80 || byte < 0x20) {
      quoted += '\\x' + byte.toString(16).padStart(2, '0');
    } else {
      const char = String.fromCharCode(byte);
      quoted += char === '"' || char === '\\' ? '\\' + char : char;
    }
  }
  return quoted + '"';
}

/** Thrown inside the parser: the value does not fit the element. */
class BadValue extends Error {}
/** Thrown inside the parser: the value is out of the range that the message names. */
class OutOfRange extends Error {}

class TimeParser {
  private rest: string;
  private year = 0;
  private month = -1;
  private day = -1;
  private yearDay = -1;
  private hour = 0;
  private minute = 0;
  private second = 0;
  private nanoseconds = 0;
  private half: 'AM' | 'PM' | undefined;
  private isUtc = false;
  private offset: number | undefined;

  constructor(
    private readonly layout: string,
    private readonly value: string,
  ) {
    this.rest = value;
  }

  parse(): Instant {
    const parts = parseLayout(this.layout);
    for (const [index, part] of parts.entries()) {
      this.skipPrefix(part);
      if (part.element === '') {
        if (this.rest !== '') {
          throw this.failure(`: extra text: ${quoteTime(this.rest)}`);
        }
        break;
      }
      const held = this.rest;
      try {
        this.parseElement(part.element, parts[index + 1]);
      } catch (error) {
        if (error instanceof OutOfRange) {
          throw this.failure(`: ${error.message} out of range`);
        }
        throw error instanceof BadValue ? this.mismatch(held, part.element) : error;
      }
    }
    return this.toInstant();
  }

  private failure(message: string): GoError {
    return new GoError(`parsing time ${quoteTime(this.value)}${message}`);
  }

  private mismatch(value: string, element: string): GoError {
    const layout = quoteTime(this.layout);
    return this.failure(` as ${layout}: cannot parse ${quoteTime(value)} as ${quoteTime(element)}`);
  }

  /** Removes literal text. Runs of spaces match each other. */
  private skipPrefix({ prefix }: LayoutPart): void {
    let left = prefix;
    while (left !== '') {
      if (left.startsWith(' ')) {
        if (this.rest !== '' && !this.rest.startsWith(' ')) {
          throw this.mismatch(this.rest, prefix);
        }
        left = left.replace(/^ +/, '');
        this.rest = this.rest.replace(/^ +/, '');
      } else if (this.rest[0] === left[0]) {
        left = left.slice(1);
        this.rest = this.rest.slice(1);
      } else {
        throw this.mismatch(this.rest, prefix);
      }
    }
  }

  private take(length: number): string {
    if (this.rest.length < length) {
      throw new BadValue();
    }
    const text = this.rest.slice(0, length);
    this.rest = this.rest.slice(length);
    return text;
  }

  private number(pattern: RegExp): number {
    const match = pattern.exec(this.rest);
    if (!match) {
      throw new BadValue();
    }
    this.rest = this.rest.slice(match[0].length);
    return Number(match[0]);
  }

  private ranged(element: string, low: number, high: number, name: string): number {
    const number = this.number(element.length === 2 && element.startsWith('0') ? /^\d\d/ : /^\d\d?/);
    if (number < low || number > high) {
      throw new OutOfRange(name);
    }
    return number;
  }

  private name(names: readonly string[]): number {
    const index = names.findIndex(
      (name) => this.rest.slice(0, name.length).toLowerCase() === name.toLowerCase(),
    );
    if (index < 0) {
      throw new BadValue();
    }
    this.rest = this.rest.slice(names[index]?.length);
    return index;
  }

  private parseElement(element: string, next: LayoutPart | undefined): void {
    switch (element) {
      case '06': {
        const text = this.take(2);
        this.year = toInteger(text);
        this.year += this.year >= 69 ? 1900 : 2000;
        return;
      }
      case '2006':
        if (!/^\d/.test(this.rest)) {
          throw new BadValue();
        }
        this.year = toInteger(this.take(4));
        return;
      case 'Jan':
        this.month = this.name(MONTHS.map((month) => month.slice(0, 3))) + 1;
        return;
      case 'January':
        this.month = this.name(MONTHS) + 1;
        return;
      case '1':
      case '01':
        this.month = this.ranged(element, 1, 12, 'month');
        return;
      case 'Mon':
        this.name(WEEKDAYS.map((day) => day.slice(0, 3)));
        return;
      case 'Monday':
        this.name(WEEKDAYS);
        return;
      case '_2':
      case '2':
      case '02':
        this.rest = element === '_2' ? this.rest.replace(/^ /, '') : this.rest;
        this.day = this.number(element === '02' ? /^\d\d/ : /^\d\d?/);
        return;
      case '__2':
      case '002':
        this.rest = element === '__2' ? this.rest.replace(/^ {1,2}/, '') : this.rest;
        this.yearDay = this.number(element === '002' ? /^\d{3}/ : /^\d{1,3}/);
        return;
      default:
        this.parseClock(element, next);
    }
  }

  private parseClock(element: string, next: LayoutPart | undefined): void {
    switch (element) {
      case '15':
        this.hour = this.ranged(element, 0, 23, 'hour');
        return;
      case '3':
      case '03':
        this.hour = this.ranged(element, 0, 12, 'hour');
        return;
      case '4':
      case '04':
        this.minute = this.ranged(element, 0, 59, 'minute');
        return;
      case '5':
      case '05':
        this.second = this.ranged(element, 0, 59, 'second');
        // A fraction is accepted even when the layout has none.
        if (/^[.,]\d/.test(this.rest) && !/^[.,][09]/.test(next?.element ?? '')) {
          this.parseFraction(/^[.,]\d+/);
        }
        return;
      case 'PM':
      case 'pm': {
        const half = this.take(2);
        const upper = element === 'PM' ? half : half === half.toLowerCase() ? half.toUpperCase() : '';
        if (upper !== 'AM' && upper !== 'PM') {
          throw new BadValue();
        }
        this.half = upper;
        return;
      }
      case 'MST':
        this.parseZoneName();
        return;
      default:
        if (!/^[.,]/.test(element)) {
          this.parseOffset(element);
        } else if (element[1] === '0') {
          this.parseFraction(new RegExp(`^[.,][0-9]{${element.length - 1}}`));
        } else if (/^[.,]\d/.test(this.rest)) {
          this.parseFraction(/^[.,]\d+/);
        }
    }
  }

  private parseFraction(pattern: RegExp): void {
    const match = pattern.exec(this.rest);
    if (!match) {
      throw new BadValue();
    }
    this.rest = this.rest.slice(match[0].length);
    this.nanoseconds = Number(match[0].slice(1, 10).padEnd(9, '0'));
  }

  private parseOffset(element: string): void {
    if (element.startsWith('Z') && this.rest.startsWith('Z')) {
      this.rest = this.rest.slice(1);
      this.isUtc = true;
      return;
    }
    const shape = element.slice(1);
    const pattern = /^(.)(\d\d)(?::?(\d\d))?(?::?(\d\d))?$/s;
    const text = this.take(shape.length + 1);
    const hasColons = [...shape].every((char, index) => (char === ':') === (text[index + 1] === ':'));
    const match = pattern.exec(text);
    if (!match || !hasColons) {
      throw new BadValue();
    }
    const [hours, minutes, seconds] = [Number(match[2]), Number(match[3] ?? 0), Number(match[4] ?? 0)];
    if (hours > 24 || minutes > 60 || seconds > 60) {
      const unit = seconds > 60 ? 'second' : minutes > 60 ? 'minute' : 'hour';
      throw new OutOfRange(`time zone offset ${unit}`);
    }
    if (match[1] !== '+' && match[1] !== '-') {
      throw new BadValue();
    }
    const offset = hours * 3600 + minutes * 60 + seconds;
    this.offset = match[1] === '-' ? -offset : offset;
  }

  private parseZoneName(): void {
    if (this.rest.startsWith('UTC')) {
      this.isUtc = true;
      this.rest = this.rest.slice(3);
      return;
    }
    const length = zoneNameLength(this.rest);
    if (length === 0) {
      throw new BadValue();
    }
    this.take(length);
  }

  private toInstant(): Instant {
    if (this.half === 'PM' && this.hour < 12) {
      this.hour += 12;
    } else if (this.half === 'AM' && this.hour === 12) {
      this.hour = 0;
    }
    this.applyYearDay();
    const { year, hour, minute, second, nanoseconds } = this;
    const month = this.month < 0 ? 1 : this.month;
    const day = this.day < 0 ? 1 : this.day;
    if (day < 1 || day > daysInMonth(year, month)) {
      throw this.failure(': day out of range');
    }
    const local = secondsFromCivil({ year, month, day, hour, minute, second });
    return { seconds: local - this.finalOffset(), nanoseconds };
  }

  private finalOffset(): number {
    if (this.isUtc) {
      return 0;
    }
    // Go uses -1 as "no offset", so an offset of "-00:00:01" counts as none.
    if (this.offset !== undefined && this.offset !== -1) {
      return this.offset;
    }
    // An abbreviation does not move the time, not even `GMT+3`.
    return 0;
  }

  private applyYearDay(): void {
    if (this.yearDay < 0) {
      return;
    }
    let yearDay = this.yearDay;
    let month = 0;
    let day = 0;
    if (daysInMonth(this.year, 2) === 29) {
      if (yearDay === 60) {
        month = 2;
        day = 29;
      } else if (yearDay > 60) {
        yearDay--;
      }
    }
    if (yearDay < 1 || yearDay > 365) {
      throw this.failure(': day-of-year out of range');
    }
    if (month === 0) {
      month = DAYS_BEFORE_MONTH.findIndex((days) => days >= yearDay);
      day = yearDay - (DAYS_BEFORE_MONTH[month - 1] ?? 0);
    }
    if (this.month >= 0 && this.month !== month) {
      throw this.failure(': day-of-year does not match month');
    }
    if (this.day >= 0 && this.day !== day) {
      throw this.failure(': day-of-year does not match day');
    }
    this.month = month;
    this.day = day;
  }
}

function toInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new BadValue();
  }
  return Number(text);
}

/** The length of a zone abbreviation at the start of a text, or 0. */
function zoneNameLength(text: string): number {
  if (/^(?:ChST|MeST)/.test(text)) {
    return 4;
  }
  if (text.startsWith('GMT')) {
    return 3 + signedOffsetLength(text.slice(3));
  }
  if (/^[+-]/.test(text) && text.length >= 3) {
    return signedOffsetLength(text);
  }
  const upper = /^[A-Z]{0,6}/.exec(text)?.[0] ?? '';
  switch (upper.length) {
    case 5:
      return upper[4] === 'T' ? 5 : 0;
    case 4:
      return upper[3] === 'T' || upper === 'WITA' ? 4 : 0;
    case 3:
      return 3;
    default:
      return 0;
  }
}

function signedOffsetLength(text: string): number {
  const match = /^[+-](\d+)/.exec(text);
  return match && Number(match[1]) <= 23 ? match[0].length : 0;
}
