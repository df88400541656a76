import { local } from './expressions.js';
import type { Piece } from './function-compiler.js';
import { grouped, linesOf } from './groups.js';
import type { Group } from './groups.js';
import { MOST_LINES } from './lengths.js';

/** A function's text, and what it needs beside it. */
export interface Body {
  readonly text: string;
  readonly parts: readonly string[];
}

/** The body of a function that has these pieces. */
export function bodyOf(name: string, params: readonly number[], pieces: readonly Piece[]): Body {
  if (linesOf(pieces) > MOST_LINES) return new LongBody(name, params, pieces);
  const declared = union(pieces, 'used').filter((number) => !params.includes(number));
  return { text: [declaration(declared.map(local)), ...linesIn(pieces)].join('\n'), parts: [] };
}

/**
 * The body of a long function: its parts are functions, `f0p0`, `f0p1`. They share the variables that more than one of
 * them needs in `s`. Each takes them from there, and puts back what it assigned.
 */
class LongBody implements Body {
  readonly text: string;
  readonly parts: string[] = [];
  readonly #shared: ReadonlySet<number>;

  constructor(
    private readonly name: string,
    params: readonly number[],
    pieces: readonly Piece[],
  ) {
    this.#shared = new Set(union(pieces, 'taken'));
    const fields = [...this.#shared].map((number) =>
      params.includes(number) ? local(number) : `${local(number)}: undefined`,
    );
    const hasInput = params.includes(0) && pieces.every(({ locals }) => !locals.assigned.has(0));
    const groups = grouped(pieces, (piece) => (hasInput ? this.#testedBy(piece) : undefined));
    this.text = [`const s = { ${fields.join(', ')} };`, ...groups.map((group) => this.#add(group))].join(
      '\n',
    );
  }

  /** What a piece tests before it does anything that other pieces could notice. */
  #testedBy({ guard, returns }: Piece): string | undefined {
    if (!guard || returns) return undefined;
    return [...guard.assigned].some((number) => this.#shared.has(number))
      ? undefined
      : JSON.stringify(guard.path);
  }

  /** The text that runs a group. */
  #add({ pieces, tested }: Group): string {
    if (pieces.some(({ returns }) => returns)) return `{\n${this.#partText(pieces)}\n}`;
    if (tested === undefined) return `${this.#addPart(pieces)}(c, s);`;
    const entries = pieces.map((piece) => `[${JSON.stringify(piece.guard?.key)}, ${this.#addPart([piece])}]`);
    const index = `${this.name}i${this.parts.length}`;
    this.parts.push(`const ${index} = new $RuleIndex(${tested}, [${entries.join(', ')}]);`);
    return `${index}.run(c, s, l0);`;
  }

  /** Adds a part, and gives its name. */
  #addPart(pieces: readonly Piece[]): string {
    const part = `${this.name}p${this.parts.length}`;
    this.parts.push(`function ${part}(c, s) {\n${this.#partText(pieces)}\n}`);
    return part;
  }

  #partText(pieces: readonly Piece[]): string {
    const names = union(pieces, 'used').map((number) =>
      this.#shared.has(number) ? `${local(number)} = s.${local(number)}` : local(number),
    );
    const put = union(pieces, 'assigned').filter((number) => this.#shared.has(number));
    return [
      declaration(names),
      ...linesIn(pieces),
      ...put.map((number) => `s.${local(number)} = ${local(number)};`),
    ].join('\n');
  }
}

const declaration = (names: readonly string[]) => (names.length > 0 ? `let ${names.join(', ')};` : '');

const linesIn = (pieces: readonly Piece[]) => pieces.flatMap(({ lines }) => lines);

const union = (pieces: readonly Piece[], which: 'used' | 'assigned' | 'taken') => [
  ...new Set(pieces.flatMap(({ locals }) => [...locals[which]])),
];
