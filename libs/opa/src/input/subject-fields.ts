import { Logger } from '@nestjs/common';
import { OpaError } from '../contracts/index.js';

/** An instance of a class with more fields than this is probably a database entity. */
const MAX_FIELDS = 20;
/** The check costs time, and the subjects of one application are alike: this many are checked. */
const MAX_CHECKS = 1_000;
const SECRET = /pass(?:word|wd|phrase|code)|hash|secret|token|api[-_]?key|private[-_]?key|credential/i;

/**
 * Picks the named fields of a subject. Fields that the subject does not have are left out.
 *
 * @throws OpaError `OPA_BAD_INPUT` when the subject is not an object and so has no fields
 */
export function fieldsOf(subject: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof subject !== 'object' || subject === null) {
    throw new OpaError(
      'OPA_BAD_INPUT',
      `The subject is a ${typeof subject}, which has no fields, but option "input.subject" names fields. Set "input.subject" to a function.`,
    );
  }
  const members = subject as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    names.filter((name) => members[name] !== undefined).map((name) => [name, members[name]]),
  );
}

/** Warns once when a complete subject is sent that may hold secrets or looks like a database entity. */
export class WholeSubjectWarning {
  private readonly logger = new Logger('OpaInput');
  private checks = 0;

  /** Checks a subject whose fields no option limits. */
  check(subject: object): void {
    if (this.checks >= MAX_CHECKS) return;
    this.checks += 1;
    const names = sentNames(subject);
    const secret = names.find((name) => SECRET.test(name));
    const isEntity = names.length > MAX_FIELDS && !isPlain(subject);
    if (secret === undefined && !isEntity) return;
    this.checks = MAX_CHECKS;
    const why =
      secret === undefined
        ? `with all ${names.length} fields`
        : `with the field ${JSON.stringify(secret)}, which may be a secret`;
    this.logger.warn(
      `A subject${isPlain(subject) ? '' : ` of class ${subject.constructor.name}`} is sent to policies ${why}. ` +
        `Name the fields that policies need: input: { subject: ['id', 'roles'] }.`,
    );
  }
}

// JSON.stringify() sends the result of `toJSON`.
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
