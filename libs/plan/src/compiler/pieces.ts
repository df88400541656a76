import { local } from './expressions.js';
import type { Piece } from './function-compiler.js';
import { grouped, linesOf } from './groups.js';
import type { Group } from './groups.js';
import { MOST_LINES } from './lengths.js';

/** The text of a function body, and the part functions that it calls. */
export interface Body {
  readonly text: string;
  readonly parts: readonly string[];
}

/** Writes the body of a function from its pieces. */
export function bodyOf(name: string, params: readonly number[], pieces: readonly Piece[]): Body {
  if (linesOf(pieces) > MOST_LINES) return new LongBody(name, params, pieces);
  const declared = union(pieces, 'used').filter((number) => !params.includes(number));
  return { text: [declaration(declared.map(local)), ...linesIn(pieces)].join('\n'), parts: [] };
}

/**
 * The body of a long function. Its parts are functions: `f0p0`, `f0p1`. The object `s` holds the variables that
 * several parts need. A part reads them from `s` first, and writes its assignments back at its end.
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

  /** The path that a piece tests before it changes a shared variable. Undefined when there is no such test. */
  #testedBy({ guard, returns }: Piece): string | undefined {
    if (!guard || returns) return undefined;
    return [...guard.assigned].some((number) => this.#shared.has(number))
      ? undefined
      : JSON.stringify(guard.path);
  }

  /** The statements that run a group. */
  #add({ pieces, tested }: Group): string {
    if (pieces.some(({ returns }) => returns)) return `{\n${this.#partText(pieces)}\n}`;
    if (tested === undefined) return `${this.#addPart(pieces)}(c, s);`;
    const entries = pieces.map((piece) => `[${JSON.stringify(piece.guard?.key)}, ${this.#addPart([piece])}]`);
    const index = `${this.name}i${this.parts.length}`;
    this.parts.push(`const ${index} = new $RuleIndex(${tested}, [${entries.join(', ')}]);`);
    return `${index}.run(c, s, l0);`;
  }

  /** Adds a part function and returns its name. */
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
