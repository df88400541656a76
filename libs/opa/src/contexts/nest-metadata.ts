/** Reads metadata of Nest. Nest does not export the keys. */
export const nestMetadata = (key: string, on: object): unknown => Reflect.getMetadata(key, on) as unknown;
