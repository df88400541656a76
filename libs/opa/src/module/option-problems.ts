import type { BaseIssue } from 'valibot';
import { withoutCredential } from '../contracts/index.js';

/** An option with a wrong value or an unknown name. */
interface OptionProblem {
  /** The names and indexes that lead to the option, from outside to inside. */
  readonly path: readonly string[];
  readonly value: unknown;
  /** What the option accepts; `undefined` for an unknown option. */
  readonly accepted: string | undefined;
  /** Whether the message hides the value. The values of `token`, `tls` and `sessionKey` are always hidden. */
  readonly isSecret?: boolean;
}

/** The problems that valibot reports. For a union, only problems inside an object or a list, if there are any. */
export function problemsIn(issue: BaseIssue<unknown>, outer: readonly string[] = []): OptionProblem[] {
  const path = [...outer, ...(issue.path ?? []).map(({ key }) => String(key))];
  const inner = issue.issues?.filter((alternative) => alternative.path !== undefined) ?? [];
  if (inner.length > 0) return inner.flatMap((alternative) => problemsIn(alternative, path));
  return [{ path, value: issue.input, accepted: issue.type === 'never' ? undefined : issue.message }];
}

/** Describes a wrong option: its name, the value and what the option accepts. */
export function describeProblem({ path, value, accepted, isSecret }: OptionProblem): string {
  const name = path.join('.');
  if (accepted === undefined) return `option "${name}" is not known; take it out or correct its name`;
  if (name === '') return `the options were given as ${described(name, value, isSecret)}; give ${accepted}`;
  return `option "${name}" was given ${described(name, value, isSecret)}, but takes ${accepted}`;
}

// Hides the value of options that may hold a secret.
function described(name: string, value: unknown, hides = false): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const isSecret = hides || /^(token|tls|sessionKey)\b/.test(name);
  if (typeof value === 'string' && !isSecret) return JSON.stringify(withoutCredential(value));
  if ((typeof value === 'number' || typeof value === 'boolean') && !isSecret) return String(value);
  return value === undefined ? 'nothing' : `a value of type ${typeof value}`;
}
