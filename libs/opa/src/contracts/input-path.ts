/** The place of an object in an input, with the way back to the top. Error messages name it. */
export interface Place {
  readonly value: object;
  readonly key: string | number;
  readonly parent: Place | undefined;
  readonly depth: number;
}

// Paths are logged, and the keys of an input may be of any length.
const MAX_PATH = 200;

/** The path of a member, such as `input.subject.roles[0]`; a long one is cut. */
export function pathOf(key: Place['key'], parent: Place | undefined): string {
  const steps = parent === undefined ? [] : [...placesTo(parent).slice(1).map(keyOf), key];
  const path = `input${steps.map(stepOf).join('')}`;
  return path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path;
}

/** Looks for an object that contains itself. Gives the paths of both ends; `undefined` when there is no cycle. */
export function cycleOf(place: Place): { readonly path: string; readonly to: string } | undefined {
  const visited = new Map<object, Place>();
  for (const at of placesTo(place)) {
    const first = visited.get(at.value);
    if (first !== undefined) return { path: pathOf(at.key, at.parent), to: pathOf(first.key, first.parent) };
    visited.set(at.value, at);
  }
  return undefined;
}

function placesTo(place: Place): Place[] {
  const places: Place[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.parent) places.push(at);
  return places.reverse();
}

const keyOf = ({ key }: Place): Place['key'] => key;

function stepOf(key: Place['key']): string {
  if (typeof key === 'number') return `[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
