// Nest's own metadata; Nest exports no name for it.
const ROUTE_ARGUMENTS = '__routeArguments__';

/** Tells whether a method has a parameter of one of Nest's kinds, such as `@Res()`. */
export function hasParameter(controller: object, key: string, ...kinds: readonly string[]): boolean {
  const parameters = (Reflect.getMetadata(ROUTE_ARGUMENTS, controller, key) ?? {}) as object;
  // The keys are `kind:index`.
  return Object.keys(parameters).some((name) => kinds.includes(name.split(':', 1)[0] ?? ''));
}

/** The key under which a class has a handler; `undefined` when the class has no such method. */
export function methodKey(prototype: object, handler: { name: string }): string | undefined {
  for (let of: object | null = prototype; of !== null; of = Object.getPrototypeOf(of) as object | null) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(of)))
      if (value === handler) return key;
  }
  // Instrumentation wraps a method in another function of the same name.
  return handler.name in prototype ? handler.name : undefined;
}
