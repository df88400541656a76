import { OpaError } from './opa-error.js';

/** A wrong option. */
export interface OptionProblem {
  /** The names and indexes that lead to the option, from outside to inside. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  /** What the option accepts; `undefined` for an unknown option. */
  readonly accepted: string | undefined;
  /** Whether the value has the right type but is too small. */
  readonly isTooSmall?: boolean;
}

/** The copy of a valid value, or the problems of a wrong value. */
export type OptionResult =
  { readonly value: unknown; readonly problems?: never } | { readonly problems: readonly OptionProblem[] };

/** Checks the value of an option. */
export interface OptionSchema {
  check(value: unknown): OptionResult;
  /** Whether the option may be absent. */
  readonly isOptional?: boolean;
}

const problem = (value: unknown, accepted: string | undefined, isTooSmall = false): OptionResult => ({
  problems: [{ path: [], value, accepted, isTooSmall }],
});

/** Prepends a name or an index to the paths of problems. */
const within = (key: string | number, problems: readonly OptionProblem[] = []): OptionProblem[] =>
  problems.map((inner) => ({ ...inner, path: [key, ...inner.path] }));

/** A schema for the values that a function accepts. */
export const satisfying = (isAccepted: (value: unknown) => boolean, accepted: string): OptionSchema => ({
  check: (value) => (isAccepted(value) ? { value } : problem(value, accepted)),
});

/** Makes an option optional. */
export const optional = (schema: OptionSchema): OptionSchema => ({
  isOptional: true,
  check: (value) => (value === undefined ? { value } : schema.check(value)),
});

/** `true` or `false`. */
export const flag = satisfying((value) => typeof value === 'boolean', 'true or false');

/** Text that is not empty. */
export const text = (accepted: string): OptionSchema => ({
  check: (value) => {
    if (typeof value !== 'string') return problem(value, accepted);
    return value === '' ? problem(value, accepted, true) : { value };
  },
});

/** One of a list of values. */
export const oneOf = (...values: readonly string[]): OptionSchema =>
  satisfying(
    (value) => values.includes(value as string),
    `one of ${values.map((value) => `"${value}"`).join(', ')}`,
  );

/** A function. */
export const callable = (accepted: string): OptionSchema =>
  satisfying((value) => typeof value === 'function', accepted);

/** A list. With `atLeastOne`, the message for an empty list. */
export const listOf = (item: OptionSchema, accepted: string, atLeastOne?: string): OptionSchema => ({
  check: (values) => {
    if (!Array.isArray(values)) return problem(values, accepted);
    if (values.length === 0 && atLeastOne !== undefined) return problem(values, atLeastOne, true);
    const results = values.map((value: unknown) => item.check(value));
    const problems = results.flatMap((result, index) => within(index, result.problems));
    return problems.length > 0 ? { problems } : { value: [...(values as unknown[])] };
  },
});

/** An object with these options and no others. Getters, inherited ones too, become properties of the copy. */
export const section = (fields: Readonly<Record<string, OptionSchema>>): OptionSchema => ({
  check: (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return problem(value, `an object with ${namesOf(fields)}`);
    }
    const options = value as Readonly<Record<string, unknown>>;
    const copy: Record<string, unknown> = {};
    const problems: OptionProblem[] = [];
    for (const [name, schema] of Object.entries(fields)) {
      if (schema.isOptional === true && !(name in options)) continue;
      const result = schema.check(options[name]);
      if (result.problems) problems.push(...within(name, result.problems));
      else copy[name] = result.value;
    }
    for (const name in options) {
      if (!Object.hasOwn(fields, name)) problems.push(...within(name, problem(value, undefined).problems));
    }
    return problems.length > 0 ? { problems } : { value: copy };
  },
});

const namesOf = (fields: object): string =>
  Object.keys(fields)
    .map((name) => `"${name}"`)
    .join(', ');

/**
 * A value that one of several schemas accepts.
 *
 * @remarks When a schema accepts the type of the value, its own problems help most, so they are reported.
 */
export const anyOf = (schemas: readonly OptionSchema[], accepted: string): OptionSchema => ({
  check: (value) => {
    const results = schemas.map((schema) => schema.check(value));
    const accepting = results.find(({ problems }) => problems === undefined);
    return accepting ?? results.find(hasRightType) ?? problem(value, accepted);
  },
});

const hasRightType = ({ problems = [] }: OptionResult): boolean =>
  problems.some(({ path, isTooSmall }) => path.length > 0 || isTooSmall === true);

/** A value that `false` turns off. */
export const orFalse = (schema: OptionSchema, accepted: string): OptionSchema =>
  anyOf([satisfying((value) => value === false, 'false'), schema], `false, or ${accepted}`);

/** A whole number, such as a number of sockets. */
export const count = (least: number): OptionSchema => {
  const accepted = `a whole number of at least ${least}`;
  return {
    check: (value) => {
      if (!Number.isSafeInteger(value)) return problem(value, accepted);
      return (value as number) < least ? problem(value, accepted, true) : { value };
    },
  };
};

/** The longest time that a timer of Node can hold. */
const MAX_MS = 2_147_483_647;

const isTime = (value: unknown, least: number): boolean =>
  typeof value === 'number' && value >= least && value <= MAX_MS;

/** A time in milliseconds that a timer of Node can hold. */
export const milliseconds = (least: number): OptionSchema =>
  satisfying((value) => isTime(value, least), `a number of milliseconds, ${least} to ${MAX_MS}`);

/**
 * Checks a time that is not one of the module's options.
 *
 * @param where - the place of the value, for the message
 * @throws OpaError `OPA_BAD_OPTIONS` unless the value is a time in milliseconds above 0
 */
export function assertMilliseconds(value: unknown, where: string): void {
  if (isTime(value, Number.MIN_VALUE)) return;
  throw new OpaError(
    'OPA_BAD_OPTIONS',
    `${where} was given ${String(value)}, but takes a number of milliseconds above 0, up to ${MAX_MS}.`,
  );
}
