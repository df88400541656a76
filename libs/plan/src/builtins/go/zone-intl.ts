import { secondsFromCivil } from './civil.js';
import type { Zone, ZoneOffset } from './zone-rule.js';

/** Locales whose short zone names equal the IANA abbreviations of their region. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA'];

/**
 * A zone from Node's ICU data. Offsets are exact. Abbreviations are IANA's where a locale has them, otherwise such as
 * `+03`.
 */
export function intlZone(name: string): Zone | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
  const resolved = format.resolvedOptions().timeZone;
  if (resolved !== name && resolved.toLowerCase() === name.toLowerCase()) {
    // ICU ignores the case of a name; OPA does not.
    return undefined;
  }
  return {
    lookup: (seconds) => {
      const offset = offsetAt(format, seconds);
      return { offset, name: abbreviation(name, seconds, offset) };
    },
  };
}

function offsetAt(format: Intl.DateTimeFormat, seconds: number): number {
  const parts = new Map(format.formatToParts(seconds * 1000).map(({ type, value }) => [type, value]));
  const field = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type) ?? 0);
  const year = parts.get('era') === 'BC' ? 1 - field('year') : field('year');
  const local = secondsFromCivil({
    year,
    month: field('month'),
    day: field('day'),
    hour: field('hour'),
    minute: field('minute'),
    second: field('second'),
  });
  return local - seconds;
}

function abbreviation(timeZone: string, seconds: number, offset: number): string {
  for (const locale of LOCALES) {
    const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' }).formatToParts(
      seconds * 1000,
    );
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    if (/^[A-Z]{3,5}$/.test(name)) {
      return name;
    }
  }
  return numericName({ name: '', offset });
}

function numericName({ offset }: ZoneOffset): string {
  const minutes = Math.floor(Math.abs(offset) / 60);
  const hour = Math.floor(minutes / 60)
    .toString()
    .padStart(2, '0');
  const minute = minutes % 60 === 0 ? '' : (minutes % 60).toString().padStart(2, '0');
  return (offset < 0 ? '-' : '+') + hour + minute;
}
