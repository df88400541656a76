import type { GlobToken } from './glob-tokens.js';
import { tokenizeGlob, tokensMatch } from './glob-tokens.js';

type Glob = readonly GlobToken[];

/**
 * Whether OPA's library finds a text that matches both patterns. `onStep` is called before each step, because the
 * library's search may take exponential time.
 */
export function globsIntersect(left: string, right: string, onStep: () => void): boolean {
  const trimmed = trim(tokenizeGlob(left), tokenizeGlob(right));
  return trimmed !== undefined && new Search(onStep).plain(...trimmed);
}

/** Removes the tokens that both patterns share at either end, except one. Returns undefined when the ends differ. */
function trim(left: Glob, right: Glob): [Glob, Glob] | undefined {
  let start = 0;
  while (isPlainPair(left[start], right[start])) {
    if (!pairMatches(left[start], right[start])) return undefined;
    start++;
  }
  if (start > 0) start--;
  let leftEnd = left.length - 1;
  let rightEnd = right.length - 1;
  while (leftEnd >= start && rightEnd >= start && isPlainPair(left[leftEnd], right[rightEnd])) {
    if (!pairMatches(left[leftEnd], right[rightEnd])) return undefined;
    leftEnd--;
    rightEnd--;
  }
  if (leftEnd < left.length - 1) {
    leftEnd++;
    rightEnd++;
  }
  return [left.slice(start, leftEnd + 1), right.slice(start, rightEnd + 1)];
}

function isPlainPair(left: GlobToken | undefined, right: GlobToken | undefined): boolean {
  return left?.flag === '' && right?.flag === '';
}

function pairMatches(left: GlobToken | undefined, right: GlobToken | undefined): boolean {
  return left !== undefined && right !== undefined && tokensMatch(left, right);
}

class Search {
  constructor(private readonly onStep: () => void) {}

  /** Compares token by token, up to a token with a flag. */
  plain(left: Glob, right: Glob): boolean {
    this.onStep();
    const shorter = Math.min(left.length, right.length);
    for (let index = 0; index < shorter; index++) {
      if (!isPlainPair(left[index], right[index])) return this.flagged(left.slice(index), right.slice(index));
      if (!pairMatches(left[index], right[index])) return false;
    }
    return left.length === right.length;
  }

  private flagged(left: Glob, right: Glob): boolean {
    const isLeft = left[0]?.flag !== '';
    const [own, other] = isLeft ? [left, right] : [right, left];
    return own[0]?.flag === '+' ? this.plus(own, other) : this.star(own, other);
  }

  private plus(plussed: Glob, other: Glob): boolean {
    if (!pairMatches(plussed[0], other[0])) return false;
    if (this.star(plussed, other.slice(1))) return true;
    return other[0]?.flag !== '' && this.plain(plussed.slice(1), other);
  }

  /** Lets the starred token match tokens of the other pattern, until the rest of both patterns matches. */
  private star(starred: Glob, other: Glob): boolean {
    const [token, next] = starred;
    for (const [index, candidate] of other.entries()) {
      this.onStep();
      if (next && tokensMatch(candidate, next) && this.plain(starred.slice(1), other.slice(index)))
        return true;
      if (!pairMatches(candidate, token)) return false;
    }
    return next === undefined;
  }
}
