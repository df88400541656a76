// @nestjs/swagger's own metadata, which a module without that peer can't import; where it isn't there nobody reads it.
const RESPONSE = 'swagger/apiResponse';
const EXTENSION = 'swagger/apiExtension';
const ROUTE = 'method';

/** What of a declaration is described. */
interface Described {
  readonly policies: readonly string[];
  readonly inherit?: boolean | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Describes a handler, or the handlers of a class that declare nothing themselves, in the document of `@nestjs/swagger`:
 * `x-opa-policy`, and the response 403 unless the application describes that itself.
 *
 * @param ownOf - what a handler declares itself
 */
export function describeForSwagger(
  on: object,
  { policies }: Described,
  ownOf: (handler: object) => Described | undefined,
): void {
  const { prototype } = on as { prototype?: object };
  if (prototype === undefined || Reflect.hasMetadata(ROUTE, on)) return describe(on, policies);
  for (const { value } of Object.values(Object.getOwnPropertyDescriptors(prototype))) {
    const handler: unknown = value;
    if (typeof handler !== 'function' || !Reflect.hasMetadata(ROUTE, handler)) continue;
    const own = ownOf(handler);
    if (own === undefined) describe(handler, policies);
    else if (own.inherit === true) describe(handler, [...policies, ...own.policies]);
  }
}

function describe(handler: object, policies: readonly string[]): void {
  const [only] = policies;
  add(handler, EXTENSION, { 'x-opa-policy': policies.length === 1 ? only : policies });
  const described = Reflect.getMetadata(RESPONSE, handler) as Fields | undefined;
  if (described?.['403'] === undefined)
    add(handler, RESPONSE, { 403: { description: 'Forbidden by policy' } });
}

function add(handler: object, key: string, more: Fields): void {
  const former = Reflect.getMetadata(key, handler) as Fields | undefined;
  Reflect.defineMetadata(key, { ...former, ...more }, handler);
}
