import type { z } from 'zod';
import { withoutCredential } from '../contracts/index.js';

/** Says what is wrong with each option: its name, what was given, what is accepted. */
export function problemsIn({ issues }: z.ZodError): string[] {
  return issues.flatMap((issue) => problemsOf(issue));
}

function problemsOf(issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): string[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `option "${[...path, key].join('.')}" is not known; take it out or correct its name`,
    );
  }
  if (issue.code === 'invalid_union') {
    const nearest = issue.errors.find((issues) => issues.some(isWithin));
    if (nearest !== undefined) return nearest.flatMap((inner) => problemsOf(inner, path));
  }
  const name = path.join('.');
  if (name === '') return [`the options were given as ${given(name, issue.input)}; give ${issue.message}`];
  return [`option "${name}" was given ${given(name, issue.input)}, but takes ${issue.message}`];
}

/** The alternative that was meant: what is wrong lies in it, not in its kind. */
function isWithin({ path, code }: z.core.$ZodIssue): boolean {
  return path.length > 0 || code === 'unrecognized_keys' || code === 'too_small';
}

// What was given may hold a secret.
function given(name: string, value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const secret = /^(token|tls)\b/.test(name);
  if (typeof value === 'string' && !secret) return JSON.stringify(withoutCredential(value));
  if ((typeof value === 'number' || typeof value === 'boolean') && !secret) return String(value);
  return value === undefined ? 'nothing' : `a value of type ${typeof value}`;
}
