import { Logger } from '@nestjs/common';
import { OpaError } from '../contracts/index.js';

/** A class instance with more fields than this is rather an entity than a subject. */
const MAX_FIELDS = 20;
/** Subjects are much alike: so many are looked at, for it costs time. */
const MAX_LOOKS = 1_000;
const SECRET = /pass(?:word|wd|phrase|code)|hash|secret|token|api[-_]?key|private[-_]?key|credential/i;

/**
 * Gives the named fields of a subject; those that it lacks are left out.
 *
 * @throws OpaError `OPA_BAD_INPUT` when the subject is no object, for it has no fields
 */
export function fieldsOf(subject: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof subject !== 'object' || subject === null) {
    throw new OpaError(
      'OPA_BAD_INPUT',
      `The subject is a ${typeof subject}; option "input.subject" names fields, which it hasn't. Give a function there.`,
    );
  }
  const members = subject as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    names.filter((name) => members[name] !== undefined).map((name) => [name, members[name]]),
  );
}

/** Warns once of a subject that is sent whole and holds more than a policy needs. */
export class WholeSubjectWarning {
  private readonly logger = new Logger('OpaInput');
  private looks = 0;

  look(subject: object): void {
    if (this.looks >= MAX_LOOKS) return;
    this.looks += 1;
    const names = sentNames(subject);
    const secret = names.find((name) => SECRET.test(name));
    const isEntity = names.length > MAX_FIELDS && !isPlain(subject);
    if (secret === undefined && !isEntity) return;
    this.looks = MAX_LOOKS;
    const why =
      secret === undefined
        ? `${names.length} fields`
        : `the field ${JSON.stringify(secret)}, which may be a secret`;
    this.logger.warn(
      `A subject${isPlain(subject) ? '' : ` of class ${subject.constructor.name}`} is sent to policies whole, with ${why}. ` +
        `Name the fields that policies need: input: { subject: ['id', 'roles'] }.`,
    );
  }
}

// What leaves is what `toJSON` gives.
function sentNames(subject: object): string[] {
  if ('toJSON' in subject && typeof subject.toJSON === 'function') {
    const sent: unknown = (subject as { toJSON(key: string): unknown }).toJSON('subject');
    return typeof sent === 'object' && sent !== null ? Object.keys(sent) : [];
  }
  return Object.keys(subject);
}

function isPlain(subject: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(subject);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
