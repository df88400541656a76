// Metadata of Nest. Nest does not export the key.
const ROUTE_ARGUMENTS = '__routeArguments__';

/** Tells whether a method has a parameter with a decorator of one of these kinds, such as `@Res()`. */
export function hasParameter(controller: object, key: string, ...kinds: readonly string[]): boolean {
  const parameters = (Reflect.getMetadata(ROUTE_ARGUMENTS, controller, key) ?? {}) as object;
  // Each key has the form `kind:index`.
  return Object.keys(parameters).some((name) => kinds.includes(name.split(':', 1)[0] ?? ''));
}

/** Returns the key of a handler in its class; `undefined` when the class has no such method. */
export function methodKey(prototype: object, handler: { name: string }): string | undefined {
  for (let of: object | null = prototype; of !== null; of = Object.getPrototypeOf(of) as object | null) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(of)))
      if (value === handler) return key;
  }
  // Instrumentation libraries replace a method with a wrapper function of the same name.
  return handler.name in prototype ? handler.name : undefined;
}
