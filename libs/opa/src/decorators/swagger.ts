import { RequestMethod } from '@nestjs/common';

// Metadata keys of @nestjs/swagger, an optional peer. Without the peer nobody reads this metadata.
const RESPONSE = 'swagger/apiResponse';
const EXTENSION = 'swagger/apiExtension';
// Metadata keys of Nest.
const ROUTE = 'method';
const STATUS = '__httpCode__';

/** The part of a declaration that appears in the OpenAPI document. */
interface Documented {
  readonly policies: readonly string[];
  readonly inherit?: boolean | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Adds `x-opa-policy` and the response 403 to the OpenAPI document of `@nestjs/swagger`. It describes one handler, or those
 * handlers of a class that have no declaration. A response 403 that the application describes stays.
 *
 * @param declared - the handler or class with the declaration
 * @param owner - the class of the handler, or the class itself
 * @param declarationOf - returns the declaration on a handler itself
 */
export function describeForSwagger(
  declared: object,
  owner: object,
  { policies }: Documented,
  declarationOf: (handler: object) => Documented | undefined,
): void {
  const { prototype } = declared as { prototype?: object };
  if (prototype === undefined || Reflect.hasMetadata(ROUTE, declared))
    return describe(declared, owner, policies);
  for (const { value } of Object.values(Object.getOwnPropertyDescriptors(prototype))) {
    const handler: unknown = value;
    if (typeof handler !== 'function' || !Reflect.hasMetadata(ROUTE, handler)) continue;
    const declaration = declarationOf(handler);
    if (declaration === undefined) describe(handler, owner, policies);
    else if (declaration.inherit === true) describe(handler, owner, [...policies, ...declaration.policies]);
  }
}

function describe(handler: object, owner: object, policies: readonly string[]): void {
  const [only] = policies;
  add(handler, EXTENSION, { 'x-opa-policy': policies.length === 1 ? only : policies });
  const ofHandler = Reflect.getMetadata(RESPONSE, handler) as Fields | undefined;
  const ofClass = Reflect.getMetadata(RESPONSE, owner) as Fields | undefined;
  if (ofHandler?.['403'] !== undefined || ofClass?.['403'] !== undefined) return;
  // @nestjs/swagger adds this default response only to a handler without any described response.
  const implied = ofHandler === undefined ? { [statusOf(handler)]: { description: '' } } : {};
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
