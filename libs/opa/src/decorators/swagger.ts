import { RequestMethod } from '@nestjs/common';

// @nestjs/swagger's own metadata, which a module without that peer can't import; where it isn't there nobody reads it.
const RESPONSE = 'swagger/apiResponse';
const EXTENSION = 'swagger/apiExtension';
// Nest's own.
const ROUTE = 'method';
const STATUS = '__httpCode__';

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
 * @param owner - the handler's class, or the class itself
 * @param ownOf - what a handler declares itself
 */
export function describeForSwagger(
  on: object,
  owner: object,
  { policies }: Described,
  ownOf: (handler: object) => Described | undefined,
): void {
  const { prototype } = on as { prototype?: object };
  if (prototype === undefined || Reflect.hasMetadata(ROUTE, on)) return describe(on, owner, policies);
  for (const { value } of Object.values(Object.getOwnPropertyDescriptors(prototype))) {
    const handler: unknown = value;
    if (typeof handler !== 'function' || !Reflect.hasMetadata(ROUTE, handler)) continue;
    const own = ownOf(handler);
    if (own === undefined) describe(handler, owner, policies);
    else if (own.inherit === true) describe(handler, owner, [...policies, ...own.policies]);
  }
}

function describe(handler: object, owner: object, policies: readonly string[]): void {
  const [only] = policies;
  add(handler, EXTENSION, { 'x-opa-policy': policies.length === 1 ? only : policies });
  const own = Reflect.getMetadata(RESPONSE, handler) as Fields | undefined;
  const ofClass = Reflect.getMetadata(RESPONSE, owner) as Fields | undefined;
  if (own?.['403'] !== undefined || ofClass?.['403'] !== undefined) return;
  // Of a handler that describes no response, @nestjs/swagger describes this one.
  const implied = own === undefined ? { [statusOf(handler)]: { description: '' } } : {};
  add(handler, RESPONSE, { ...implied, 403: { description: 'Forbidden by policy' } });
}

function statusOf(handler: object): number {
  const status: unknown = Reflect.getMetadata(STATUS, handler);
  if (typeof status === 'number') return status;
  return Reflect.getMetadata(ROUTE, handler) === RequestMethod.POST ? 201 : 200;
}

function add(handler: object, key: string, more: Fields): void {
  const former = Reflect.getMetadata(key, handler) as Fields | undefined;
  Reflect.defineMetadata(key, { ...former, ...more }, handler);
}
