/** What a look at JSON found out. */
export interface JsonScan {
  /** Whether JSON.parse loses nothing: every number is written as JavaScript writes it, every text is well formed. */
  readonly isExact: boolean;
  /** How deep arrays and objects are nested. */
  readonly depth: number;
}

const QUOTE = 34;
const BACKSLASH = 92;
/** Every integer of this many digits is a JavaScript number. */
const SAFE_DIGITS = 15;

/** Looks over JSON once, without reading it. */
export function scanJson(text: string): JsonScan {
  let isExact = true;
  let open = 0;
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) {
      const end = endOfString(text, index + 1);
      if (end < 0) isExact &&= !/\\u[dD][89a-fA-F]/.test(text.slice(index, -end));
      index = Math.abs(end);
    } else if (unit === 0x7b || unit === 0x5b) {
      depth = Math.max(depth, ++open);
    } else if (unit === 0x7d || unit === 0x5d) {
      open--;
    } else if (unit === 45 || (unit >= 48 && unit <= 57)) {
      const end = endOfNumber(text, index);
      isExact &&= isCanonical(text, index, end);
      index = end - 1;
    }
  }
  return { isExact, depth };
}

/** Where the quote is that ends a string: negative when the string has escapes. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start);
  if (end < 0) return text.length;
  if (text.charCodeAt(end - 1) !== BACKSLASH && !hasBackslash(text, start, end)) return end;
  while (isEscaped(text, end)) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
  }
  return -end;
}

function hasBackslash(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (text.charCodeAt(index) === BACKSLASH) return true;
  return false;
}

function isEscaped(text: string, quote: number): boolean {
  let index = quote;
  while (text.charCodeAt(index - 1) === BACKSLASH) index--;
  return (quote - index) % 2 === 1;
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  for (; end < text.length; end++) {
    const unit = text.charCodeAt(end);
    const isPart =
      (unit >= 48 && unit <= 57) || unit === 46 || unit === 43 || unit === 45 || (unit | 32) === 101;
    if (!isPart) return end;
  }
  return end;
}

/** Whether JavaScript writes this number with the same characters. */
function isCanonical(text: string, start: number, end: number): boolean {
  let hasPoint = false;
  for (let index = start; index < end; index++) {
    const unit = text.charCodeAt(index);
    if (unit === 46) hasPoint = true;
    else if ((unit | 32) === 101) return isSame(text, start, end);
  }
  const isShort = end - start <= SAFE_DIGITS;
  if (isShort && !hasPoint) return text.charCodeAt(start) !== 45 || text.charCodeAt(start + 1) !== 48;
  return isSame(text, start, end);
}

function isSame(text: string, start: number, end: number): boolean {
  const token = text.slice(start, end);
  return String(Number(token)) === token;
}
