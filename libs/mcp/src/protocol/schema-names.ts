import { foldCase } from './keys/fold-case.js';
import { isObject } from './parse.js';

type Fields = Readonly<Record<string, unknown>>;

/** Lists of schemas, single ones, and maps of them that say more of the same value. */
const LISTS = ['allOf', 'anyOf', 'oneOf'];
const SINGLE = ['if', 'then', 'else', 'not'];
const MAPS = ['dependentSchemas', 'dependencies'];
const REFERENCES = ['$ref', '$dynamicRef'];
/** What a schema says of members that it doesn't name, and of items. */
const OTHER_MEMBERS = ['additionalProperties', 'unevaluatedProperties'];
const ITEMS = ['items', 'additionalItems', 'unevaluatedItems', 'contains'];

/**
 * Looks for a member of a value, at any depth, that equals a property of its JSON Schema only where case is ignored.
 *
 * @returns the property as the schema spells it; `undefined` when all are spelled so
 */
export function misspelled(value: unknown, schema: Fields): string | undefined {
  const shapes = new Shapes(schema);
  const open: (readonly [unknown, Shape])[] = [[value, shapes.of([schema])]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [parent, shape] = next;
    if (shape.schemas.length === 0) continue;
    if (Array.isArray(parent)) {
      for (const item of parent as unknown[]) if (isContainer(item)) open.push([item, shapes.itemOf(shape)]);
    } else if (isObject(parent)) {
      for (const key of Object.keys(parent)) {
        const proper = shape.proper.get(foldCase(key));
        if (proper !== undefined && !shape.names.has(key)) return proper;
        if (isContainer(parent[key])) open.push([parent[key], shapes.memberOf(shape, key)]);
      }
    }
  }
  return undefined;
}

/** The names of all properties that a JSON Schema, or a schema within it, declares. */
export function namesIn(schema: Fields): ReadonlySet<string> {
  const names = new Set<string>();
  const open: unknown[] = [schema];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (isObject(next)) for (const name of Object.keys(mapIn(next, 'properties'))) names.add(name);
    for (const value of Object.values(next as object)) if (isContainer(value)) open.push(value);
  }
  return names;
}

/** What several schemas say together of one value. */
interface Shape {
  readonly schemas: readonly Fields[];
  /** The properties that any of them names, and the same by their folds. */
  readonly names: ReadonlySet<string>;
  readonly proper: ReadonlyMap<string, string>;
  /** The shapes of those properties, of other members, and of items, as far as they were looked up. */
  readonly members: Map<string, Shape>;
  others?: Shape;
  items?: Shape;
}

/** The shapes that a schema describes: one for each set of schemas, so that one that refers to itself has an end. */
class Shapes {
  private readonly ids = new Map<Fields, number>();
  private readonly shapes = new Map<string, Shape>();

  constructor(private readonly root: Fields) {}

  of(given: readonly unknown[]): Shape {
    const schemas = this.together(given);
    const key = schemas.map((schema) => this.idOf(schema)).join();
    const known = this.shapes.get(key);
    if (known !== undefined) return known;
    const names = new Set(schemas.flatMap((schema) => Object.keys(mapIn(schema, 'properties'))));
    const proper = new Map([...names].map((name) => [foldCase(name), name]));
    const shape = { schemas, names, proper, members: new Map<string, Shape>() };
    this.shapes.set(key, shape);
    return shape;
  }

  memberOf(shape: Shape, key: string): Shape {
    const { schemas, names, members } = shape;
    if (!names.has(key)) {
      return (shape.others ??= this.of([
        ...schemas.flatMap((schema) => OTHER_MEMBERS.map((name) => schema[name])),
        ...schemas.flatMap((schema) => Object.values(mapIn(schema, 'patternProperties'))),
      ]));
    }
    const member =
      members.get(key) ??
      this.of(
        schemas.flatMap((schema) => [
          ownOf(mapIn(schema, 'properties'), key),
          ...Object.values(mapIn(schema, 'patternProperties')),
        ]),
      );
    members.set(key, member);
    return member;
  }

  itemOf(shape: Shape): Shape {
    return (shape.items ??= this.of(
      shape.schemas.flatMap((schema) => [
        ...ITEMS.map((name) => schema[name]).flat(),
        ...listIn(schema, 'prefixItems'),
      ]),
    ));
  }

  /** Schemas, and those that they take in; sorted, each once. */
  private together(given: readonly unknown[]): Fields[] {
    const all = new Set<Fields>();
    let open = given;
    while (open.length > 0) {
      const found = open.filter((schema): schema is Fields => isObject(schema) && !all.has(schema));
      for (const schema of found) all.add(schema);
      open = found.flatMap((schema) => [
        ...LISTS.flatMap((name) => listIn(schema, name)),
        ...SINGLE.map((name) => schema[name]),
        ...MAPS.flatMap((name) => Object.values(mapIn(schema, name))),
        ...REFERENCES.map((name) => this.referred(schema[name])),
      ]);
    }
    return [...all].sort((one, other) => this.idOf(one) - this.idOf(other));
  }

  /** What a reference within the schema leads to. */
  private referred(reference: unknown): unknown {
    if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference)) return undefined;
    const steps = reference.split('/').slice(1);
    return steps.reduce<unknown>((place, step) => {
      const key = unescaped(step);
      return typeof place === 'object' && place !== null ? ownOf(place as Fields, key) : undefined;
    }, this.root);
  }

  private idOf(schema: Fields): number {
    const id = this.ids.get(schema) ?? this.ids.size;
    this.ids.set(schema, id);
    return id;
  }
}

const isContainer = (value: unknown): boolean => typeof value === 'object' && value !== null;

const ownOf = (map: Fields, key: string): unknown => (Object.hasOwn(map, key) ? map[key] : undefined);

function mapIn(schema: Fields, name: string): Fields {
  const map = ownOf(schema, name);
  return isObject(map) ? map : {};
}

function listIn(schema: Fields, name: string): unknown[] {
  const list = ownOf(schema, name);
  return Array.isArray(list) ? (list as unknown[]) : [];
}

function unescaped(step: string): string {
  const text = step.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}
