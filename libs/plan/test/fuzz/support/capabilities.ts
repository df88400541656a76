import { execFileSync } from 'node:child_process';

/** A type of an argument, as OPA declares it. */
export type DeclaredType =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'null' }
  /** Any value, or one of some types. */
  | { readonly kind: 'any'; readonly of: readonly DeclaredType[] }
  | { readonly kind: 'set'; readonly item: DeclaredType }
  | { readonly kind: 'array'; readonly item: DeclaredType; readonly tuple: readonly DeclaredType[] }
  | {
      readonly kind: 'object';
      readonly key: DeclaredType;
      readonly value: DeclaredType;
      readonly fields: readonly (readonly [string, DeclaredType])[];
    };

/** A builtin of OPA. */
export interface Declaration {
  readonly name: string;
  readonly args: readonly DeclaredType[];
  /** Whether it gives many values, as `walk` does. */
  readonly isRelation: boolean;
}

/** Any value. */
export const ANY: DeclaredType = { kind: 'any', of: [] };

/** A type as `opa capabilities` writes it. */
interface TypeJson {
  readonly type: 'string' | 'number' | 'boolean' | 'null' | 'any' | 'set' | 'array' | 'object';
  readonly of?: TypeJson | readonly TypeJson[];
  readonly dynamic?: TypeJson | { readonly key: TypeJson; readonly value: TypeJson };
  readonly static?: readonly (TypeJson | { readonly key: string; readonly value: TypeJson })[];
}

interface Capabilities {
  readonly builtins: readonly {
    readonly name: string;
    readonly relation?: boolean;
    readonly decl: { readonly args?: readonly TypeJson[] };
  }[];
}

/** The builtins of the OPA that is installed. */
export function builtinsOfOpa(): readonly Declaration[] {
  const output = execFileSync(process.env['OPA_BIN'] ?? 'opa', ['capabilities', '--current'], {
    maxBuffer: 2 ** 26,
  });
  const { builtins } = JSON.parse(output.toString()) as Capabilities;
  return builtins.map(({ name, decl, relation = false }) => ({
    name,
    args: (decl.args ?? []).map(typeOf),
    isRelation: relation,
  }));
}

function typeOf(json: TypeJson): DeclaredType {
  const { type, dynamic } = json;
  const entry = dynamic && 'key' in dynamic ? dynamic : undefined;
  const item = dynamic && 'type' in dynamic ? typeOf(dynamic) : ANY;
  switch (type) {
    case 'any':
      return { kind: type, of: [json.of ?? []].flat().map(typeOf) };
    case 'set':
      return { kind: type, item: [json.of ?? []].flat().map(typeOf).at(0) ?? ANY };
    case 'array':
      return {
        kind: type,
        item,
        tuple: (json.static ?? []).flatMap((one) => ('type' in one ? typeOf(one) : [])),
      };
    case 'object':
      return {
        kind: type,
        key: entry ? typeOf(entry.key) : ANY,
        value: entry ? typeOf(entry.value) : ANY,
        fields: (json.static ?? []).flatMap((one) =>
          'key' in one ? [[one.key, typeOf(one.value)] as const] : [],
        ),
      };
    default:
      return { kind: type };
  }
}
