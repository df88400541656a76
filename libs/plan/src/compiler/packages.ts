import type { Plan } from '../plan/index.js';

/** Where an entrypoint inserts one of its objects: the variable of the enclosing object, and the key. */
interface Place {
  readonly parent: number;
  readonly key: string;
}

/**
 * The paths of the packages beneath an entrypoint. The entrypoint makes an object for each package, even if the plan
 * lacks the rules of the package.
 */
export function packagesBeneath(
  { strings }: Plan,
  { name, blocks }: Plan['entrypoints'][number],
): readonly (readonly string[])[] {
  const made = new Set<number>();
  const places = new Map<number, Place>();
  for (const { type, stmt } of blocks.flatMap(({ stmts }) => stmts)) {
    if (type === 'MakeObjectStmt') made.add(stmt.target);
    if (type !== 'ObjectInsertStmt') continue;
    const { key, value, object } = stmt;
    if (key.type === 'string_index' && value.type === 'local' && made.has(value.value)) {
      places.set(value.value, { parent: object, key: strings[key.value] ?? '' });
    }
  }
  const entrypoint = name.split('/').filter((part) => part !== '');
  return [...places.keys()].map((object) => [...entrypoint, ...pathOf(places, object)]);
}

function pathOf(places: ReadonlyMap<number, Place>, object: number): readonly string[] {
  const path: string[] = [];
  const visited = new Set<number>();
  for (
    let place = places.get(object);
    place && !visited.has(place.parent);
    place = places.get(place.parent)
  ) {
    visited.add(place.parent);
    path.unshift(place.key);
  }
  return path;
}
