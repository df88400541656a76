import type { Value } from '../../values/index.js';

/** Why a document does not fit, as OPA shows it. */
export interface SchemaError {
  readonly type: string;
  readonly field: string;
  readonly desc: string;
  readonly error: string;
}

/** Where in a document something is: keys from the root down. */
export type Place = readonly string[];

/** The errors of one schema, and how well the document fitted nevertheless. */
export class Report {
  readonly errors: SchemaError[] = [];
  /** The alternative with the highest score is taken for the one that was meant. */
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
