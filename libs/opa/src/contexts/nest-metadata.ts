/** Reads Nest's own metadata, for whose keys it exports no names. */
export const nestMetadata = (key: string, on: object): unknown => Reflect.getMetadata(key, on) as unknown;
