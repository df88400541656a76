/** A value that does not match the element of its layout. */
export class BadValue extends Error {}

/** A value that matches the element of its layout but is out of range. The message names the quantity. */
export class OutOfRange extends Error {}

/** The integer of a text of digits. */
export function toInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new BadValue();
  }
  return Number(text);
}

/** The length of a zone abbreviation at the start of a text, or 0. */
export function zoneNameLength(text: string): number {
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

/** The seconds of an offset such as `+01:00`. The offset must have colons where its shape has them. */
export function readOffset(shape: string, text: string): number {
  const pattern = /^(.)(\d\d)(?::?(\d\d))?(?::?(\d\d))?$/s;
  const hasColons = Array.from(shape).every((char, index) => (char === ':') === (text[index + 1] === ':'));
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
  return match[1] === '-' ? -offset : offset;
}
