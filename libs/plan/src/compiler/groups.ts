import type { Piece } from './function-compiler.js';
import { FEWEST_INDEXED, LINES_OF_PART } from './lengths.js';

/** Neighbouring pieces. They run one after the other, or through an index over the value that they test. */
export interface Group {
  readonly pieces: Piece[];
  /** The input path that all pieces test, as JSON. Undefined when no index is used. */
  readonly tested: string | undefined;
}

/**
 * Groups the pieces of a long function: by the path that they test, if enough neighbours test the same path; else by
 * length.
 */
export function grouped(pieces: readonly Piece[], testedBy: (piece: Piece) => string | undefined): Group[] {
  const groups: Group[] = [];
  for (const run of runsOf(pieces, testedBy)) {
    if (run.tested !== undefined && run.pieces.length >= FEWEST_INDEXED) groups.push(run);
    else for (const piece of run.pieces) append(groups, piece);
  }
  return groups;
}

function runsOf(pieces: readonly Piece[], testedBy: (piece: Piece) => string | undefined): Group[] {
  const runs: Group[] = [];
  for (const piece of pieces) {
    const tested = testedBy(piece);
    const last = runs.at(-1);
    if (last && last.tested === tested) last.pieces.push(piece);
    else runs.push({ pieces: [piece], tested });
  }
  return runs;
}

/** Adds a piece to the last group if both are short. A piece that returns stays alone. */
function append(groups: Group[], piece: Piece): void {
  const last = groups.at(-1);
  const isOpen = last?.tested === undefined && !piece.returns && !last?.pieces.some(({ returns }) => returns);
  if (last && isOpen && linesOf(last.pieces) + piece.lines.length <= LINES_OF_PART) last.pieces.push(piece);
  else groups.push({ pieces: [piece], tested: undefined });
}

/** The number of lines of some pieces. */
export const linesOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { lines }) => sum + lines.length, 0);
