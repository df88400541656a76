import type { Value } from '../values/index.js';
import { isArray, isNumber, numberFromInteger, numberText } from '../values/index.js';
import { floatFromText, isWhole, truncateFloat } from '../values/big-float.js';
import type { Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import { fromGo } from './failure.js';
import type { CivilTime } from './go/civil.js';
import { civilFromSeconds, daysInMonth, secondsFromCivil, weekdayFromSeconds } from './go/civil.js';
import { parseDuration } from './go/duration.js';
import { formatTime, namedLayout, WEEKDAYS } from './go/layout.js';
import { parseTime } from './go/layout-parse.js';
import type { Zone } from './go/zone.js';
import { loadZone, toUtc, UTC } from './go/zone.js';
import { elementsOf, intOperand, numberOperand, operandTypeError, stringOperand } from './operands.js';

const NANOSECONDS = 1_000_000_000n;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const RFC3339 = '2006-01-02T15:04:05Z07:00';
const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00';

/** `time.*` */
export const time: Builtins = {
  'time.now_ns': (context) => numberFromInteger(context.now),
  'time.parse_ns': (_context, layout, value) =>
    parsed(namedLayout(stringOperand(layout, 1)), stringOperand(value, 2)),
  'time.parse_rfc3339_ns': (_context, value) => parsed(RFC3339, stringOperand(value, 1)),
  'time.parse_duration_ns': (_context, text) => {
    const duration = stringOperand(text, 1);
    return numberFromInteger(fromGo(() => parseDuration(duration)));
  },
  'time.format': (_context, operand = null) => {
    const { seconds, nanoseconds, zone, layout } = instantOperand(operand);
    const shape = layout === '' ? RFC3339_NANO : namedLayout(layout);
    return formatTime(seconds, nanoseconds, zone.lookup(seconds), shape);
  },
  'time.date': (_context, operand = null) => {
    const { year, month, day } = localTime(instantOperand(operand));
    return [year, month, day];
  },
  'time.clock': (_context, operand = null) => {
    const { hour, minute, second } = localTime(instantOperand(operand));
    return [hour, minute, second];
  },
  'time.weekday': (_context, operand = null) => {
    const { seconds, zone } = instantOperand(operand);
    return WEEKDAYS[weekdayFromSeconds(seconds + zone.lookup(seconds).offset)] ?? '';
  },
  'time.add_date': (_context, operand = null, years, months, days) => {
    const moment = instantOperand(operand);
    return addDate(moment, intOperand(years, 2), intOperand(months, 3), intOperand(days, 4));
  },
  'time.diff': (_context, left = null, right = null) =>
    difference(instantOperand(left), instantOperand(right)),
};

interface Moment {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly zone: Zone;
  readonly layout: string;
}

/** Reads nanoseconds: a number, or an array with a zone and a layout. */
function instantOperand(operand: Value): Moment {
  const wanted = 'either number (ns) or [number (ns), string (tz)]';
  if (!isArray(operand) && !isNumber(operand)) throw operandTypeError(1, operand, wanted);
  const [first, zoneName, layout] = isArray(operand) ? (elementsOf(operand) ?? []) : [operand];
  if (first === undefined) throw operandTypeError(1, operand, wanted);
  const number = numberOperand(first, 1);
  const zone = zoneName === undefined ? UTC : zoneOperand(stringOperand(zoneName, 1));
  const shape = layout === undefined ? '' : stringOperand(layout, 1);
  const float = floatFromText(numberText(number));
  const nanoseconds = truncateFloat(float);
  if (!isWhole(float) || nanoseconds < MIN_INT64 || nanoseconds > MAX_INT64) {
    throw new BuiltinError('timestamp too big');
  }
  const rest = ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  return {
    seconds: Number((nanoseconds - rest) / NANOSECONDS),
    nanoseconds: Number(rest),
    zone,
    layout: shape,
  };
}

/** Reads a zone. "Local" is the server's zone in OPA, and always UTC here. */
function zoneOperand(name: string): Zone {
  if (name === '' || name === 'UTC' || name === 'Local') return UTC;
  if (name.includes('..') || /^[/\\]/.test(name)) throw new BuiltinError('time: invalid location name');
  const zone = loadZone(name);
  if (!zone) throw new BuiltinError(`unknown time zone ${name}`);
  return zone;
}

function localTime({ seconds, zone }: Moment): CivilTime {
  return civilFromSeconds(seconds + zone.lookup(seconds).offset);
}

function parsed(layout: string, value: string): Value {
  const { seconds, nanoseconds } = fromGo(() => parseTime(layout, value));
  return unixNanoseconds(seconds, nanoseconds);
}

function unixNanoseconds(seconds: number, nanoseconds: number): Value {
  const total = Number.isSafeInteger(seconds)
    ? BigInt(seconds) * NANOSECONDS + BigInt(nanoseconds)
    : undefined;
  if (total === undefined || total < MIN_INT64 || total > MAX_INT64) {
    throw new BuiltinError('time outside of valid range');
  }
  return numberFromInteger(total);
}

function addDate(moment: Moment, years: number, months: number, days: number): Value {
  const local = localTime(moment);
  const later = { ...local, year: local.year + years, month: local.month + months, day: local.day + days };
  return unixNanoseconds(toUtc(secondsFromCivil(later), moment.zone), moment.nanoseconds);
}

/** Years, months, days, hours, minutes and seconds between two instants, in the zone of the first instant. */
function difference(left: Moment, right: Moment): Value {
  const isAfter =
    left.seconds > right.seconds || (left.seconds === right.seconds && left.nanoseconds > right.nanoseconds);
  const [earlier, later] = isAfter ? [right, left] : [left, right];
  const from = localTime({ ...earlier, zone: left.zone });
  const to = localTime({ ...later, zone: left.zone });
  let [year, month, day] = [to.year - from.year, to.month - from.month, to.day - from.day];
  let [hour, minute, second] = [to.hour - from.hour, to.minute - from.minute, to.second - from.second];
  if (second < 0) {
    second += 60;
    minute--;
  }
  if (minute < 0) {
    minute += 60;
    hour--;
  }
  if (hour < 0) {
    hour += 24;
    day--;
  }
  if (day < 0) {
    day += daysInMonth(from.year, from.month);
    month--;
  }
  if (month < 0) {
    month += 12;
    year--;
  }
  return [year, month, day, hour, minute, second];
}
