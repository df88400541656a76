import type { OptionProblem } from '../contracts/index.js';
import { withoutCredential } from '../contracts/index.js';

/** Describes a wrong option: its name, the value and what the option accepts. */
export function describeProblem({ path, value, accepted }: OptionProblem): string {
  const name = path.join('.');
  if (accepted === undefined) return `option "${name}" is not known; take it out or correct its name`;
  if (name === '') return `the options were given as ${shown(name, value)}; give ${accepted}`;
  return `option "${name}" was given ${shown(name, value)}, but takes ${accepted}`;
}

// The value may hold a secret.
function shown(name: string, value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const isSecret = /^(token|tls|sessionKey)\b/.test(name);
  if (typeof value === 'string' && !isSecret) return JSON.stringify(withoutCredential(value));
  if ((typeof value === 'number' || typeof value === 'boolean') && !isSecret) return String(value);
  return value === undefined ? 'nothing' : `a value of type ${typeof value}`;
}
