/** Reads Nest's own metadata, for whose keys it exports no names. */
export const meta = (key: string, on: object): unknown => Reflect.getMetadata(key, on) as unknown;
