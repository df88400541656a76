import type { Value } from '../../values/index.js';

/** A violation of a schema, as OPA shows it. */
export interface SchemaError {
  readonly type: string;
  readonly field: string;
  readonly desc: string;
  readonly error: string;
}

/** A place in a document: the keys from the root. */
export type Place = readonly string[];

/** The errors of one schema, and a score of how well the document matches. */
export class Report {
  readonly errors: SchemaError[] = [];
  /** The errors of the alternative with the highest score are reported. */
  score = 0;

  get isValid(): boolean {
    return this.errors.length === 0;
  }

  add(type: string, place: Place, describe: string | ((field: string) => string)): void {
    const field = place.length === 0 ? '(Root)' : place.join('.');
    const desc = typeof describe === 'string' ? describe : describe(field);
    this.errors.push({ type, field, desc, error: `${field}: ${desc}` });
    this.score -= 2;
  }

  merge(other: Report): void {
    this.errors.push(...other.errors);
    this.score += other.score;
  }

  toValue(): Value {
    return this.errors.map(({ type, field, desc, error }) => ({ type, field, desc, error }));
  }
}
