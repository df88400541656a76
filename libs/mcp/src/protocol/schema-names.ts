import { foldCase } from './keys/fold-case.js';
import { isObject } from './parse.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The keywords whose subschemas describe the same value: with a list of schemas, with one schema, with a map of
 * schemas.
 */
const LISTS = ['allOf', 'anyOf', 'oneOf'];
const SINGLE = ['if', 'then', 'else', 'not'];
const MAPS = ['dependentSchemas', 'dependencies'];
const REFERENCES = ['$ref', '$dynamicRef'];
/** The keywords that describe members without an entry in `properties`, and the keywords that describe items. */
const OTHER_MEMBERS = ['additionalProperties', 'unevaluatedProperties'];
const ITEMS = ['items', 'additionalItems', 'unevaluatedItems', 'contains'];

/**
 * Finds a member of a value, at any depth, whose name differs from a property of the JSON Schema only in case.
 *
 * @returns the property in the schema's spelling; `undefined` when no member differs
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

/** Collects the names of all properties that a JSON Schema declares, at any depth. */
export function namesIn(schema: Fields): ReadonlySet<string> {
  const names = new Set<string>();
  const open: unknown[] = [schema];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (isObject(next)) for (const name of Object.keys(mapIn(next, 'properties'))) names.add(name);
    for (const value of Object.values(next as object)) if (isContainer(value)) open.push(value);
  }
  return names;
}

/** The combined description of one value by several schemas. */
interface Shape {
  readonly schemas: readonly Fields[];
  /** The property names of all the schemas. `proper` maps the case-folded name to the name. */
  readonly names: ReadonlySet<string>;
  readonly proper: ReadonlyMap<string, string>;
  /** The shapes of properties, of other members and of items. Each is computed at its first use. */
  readonly members: Map<string, Shape>;
  others?: Shape;
  items?: Shape;
}

/** The shapes of a schema. Each set of schemas has one shape, so a recursive schema has a finite number of shapes. */
class Shapes {
  private readonly ids = new Map<Fields, number>();
  private readonly shapes = new Map<string, Shape>();

  constructor(private readonly root: Fields) {}

  of(roots: readonly unknown[]): Shape {
    const schemas = this.together(roots);
    const key = schemas.map((schema) => this.idOf(schema)).join();
    const stored = this.shapes.get(key);
    if (stored !== undefined) return stored;
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

  /**
   * The given schemas, and all schemas that they include for the same value. The list is sorted and has no duplicates.
   */
  private together(roots: readonly unknown[]): Fields[] {
    const all = new Set<Fields>();
    let open = roots;
    while (open.length > 0) {
      const added = open.filter((schema): schema is Fields => isObject(schema) && !all.has(schema));
      for (const schema of added) all.add(schema);
      open = added.flatMap((schema) => [
        ...LISTS.flatMap((name) => listIn(schema, name)),
        ...SINGLE.map((name) => schema[name]),
        ...MAPS.flatMap((name) => Object.values(mapIn(schema, name))),
        ...REFERENCES.map((name) => this.referred(schema[name])),
      ]);
    }
    return [...all].sort((first, second) => this.idOf(first) - this.idOf(second));
  }

  /** Resolves a reference within the root schema; `undefined` when the reference leads outside or to nothing. */
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
