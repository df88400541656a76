import { dateOfYearDay, daysInMonth, secondsFromCivil } from './civil.js';
import { GoError } from './error.js';
import type { LayoutPart } from './layout.js';
import { MONTHS, parseLayout, WEEKDAYS } from './layout.js';
import { BadValue, OutOfRange, readOffset, toInteger, zoneNameLength } from './layout-zone.js';
import { quoteTime } from './quote.js';

/** An instant: seconds since 1970, and nanoseconds. */
export interface Instant {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Reads a time as Go's `time.Parse` does with a local zone of UTC. */
export function parseTime(layout: string, value: string): Instant {
  return new TimeParser(layout, value).parse();
}

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

  /** Removes literal text. A run of spaces matches any run of spaces. */
  private skipPrefix({ prefix }: LayoutPart): void {
    let literal = prefix;
    while (literal !== '') {
      if (literal.startsWith(' ')) {
        if (this.rest !== '' && !this.rest.startsWith(' ')) {
          throw this.mismatch(this.rest, prefix);
        }
        literal = literal.replace(/^ +/, '');
        this.rest = this.rest.replace(/^ +/, '');
      } else if (this.rest.startsWith(literal.slice(0, 1))) {
        literal = literal.slice(1);
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
    this.offset = readOffset(shape, this.take(shape.length + 1));
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
    // Go uses -1 for "no offset", so it ignores an offset of "-00:00:01".
    if (this.offset !== undefined && this.offset !== -1) {
      return this.offset;
    }
    // An abbreviation does not shift the time. `GMT+3` does not either.
    return 0;
  }

  private applyYearDay(): void {
    if (this.yearDay < 0) {
      return;
    }
    const date = dateOfYearDay(this.year, this.yearDay);
    if (!date) {
      throw this.failure(': day-of-year out of range');
    }
    const { month, day } = date;
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
