/** Calendar arithmetic on seconds since 1970, for any year, without a time zone. */

/** A date and time of day. Months and days count from 1. */
export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export const SECONDS_PER_DAY = 86_400;
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/** Days between 1970-01-01 and a date. The month and the day may be out of range, as in Go's `time.Date`. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const months = year * 12 + month - 1;
  const normalYear = Math.floor(months / 12);
  const normalMonth = months - normalYear * 12;
  const shifted = normalMonth < 2 ? normalYear - 1 : normalYear;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((normalMonth + 10) % 12) + 2) / 5);
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468 + day - 1;
}

/** Seconds between 1970-01-01T00:00:00 and a date and time. */
export function secondsFromCivil(time: CivilTime): number {
  const days = daysFromCivil(time.year, time.month, time.day);
  return days * SECONDS_PER_DAY + time.hour * 3600 + time.minute * 60 + time.second;
}

/** The date and time of a number of seconds since 1970. */
export function civilFromSeconds(seconds: number): CivilTime {
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const rest = seconds - days * SECONDS_PER_DAY;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
  };
}

/** The weekday of a number of seconds since 1970. Sunday is 0. */
export function weekdayFromSeconds(seconds: number): number {
  const day = (Math.floor(seconds / SECONDS_PER_DAY) + 4) % 7;
  return day < 0 ? day + 7 : day;
}

/** The number of days of a month. */
export function daysInMonth(year: number, month: number): number {
  return daysFromCivil(year, month + 1, 1) - daysFromCivil(year, month, 1);
}

/** The date of a day that is counted from the beginning of its year, or undefined when the year has no such day. */
export function dateOfYearDay(
  year: number,
  yearDay: number,
): { readonly month: number; readonly day: number } | undefined {
  const isLeap = daysInMonth(year, 2) === 29;
  if (isLeap && yearDay === 60) {
    return { month: 2, day: 29 };
  }
  const common = isLeap && yearDay > 60 ? yearDay - 1 : yearDay;
  if (common < 1 || common > 365) {
    return undefined;
  }
  const month = DAYS_BEFORE_MONTH.findIndex((days) => days >= common);
  return { month, day: common - (DAYS_BEFORE_MONTH[month - 1] ?? 0) };
}
