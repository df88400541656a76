import type { Obligation } from '../../contracts/index.js';
import { isHeaderName, isHeaderValue } from '../../contracts/index.js';
import type { ResultEdit } from '../../contexts/index.js';
import { malformed } from './malformed.js';
import { parsePointer } from './pointer.js';
import type { StepUp } from './step-up.js';
import { stepUpOf } from './step-up.js';

/** What `mask` puts in place of a value, unless the obligation gives a `value`. */
export const MASK = '***';

/** The HTTP response whose headers the obligation `header` sets and clears. */
export interface HeaderTarget {
  /** @throws OpaError `OPA_BAD_DECISION` for a header that a policy must not set here */
  set(name: string, value: string): void;
  remove(name: string): void;
}

/** What the obligations of one decision ask for, collected while they are carried out. */
export interface ObligationEffects {
  /** Where headers are set; `undefined` where the client gets no HTTP response. */
  readonly target: HeaderTarget | undefined;
  /** The headers that were set, in small letters: a refusal keeps them. */
  readonly headers: Record<string, string>;
  /** The edits of the result. */
  readonly edits: ResultEdit[];
  /** The stronger authentications that are asked for. */
  readonly stepUps: StepUp[];
  /** Whether an obligation could not be carried out: a permit is a denial then. */
  failed: boolean;
}

type CarryOut = (properties: Obligation['properties'], effects: ObligationEffects) => void;

/** The obligations that the library itself carries out. */
export const BUILT_IN: ReadonlyMap<string, CarryOut> = new Map<string, CarryOut>([
  [
    'mask',
    (properties, { edits }) => {
      const mask = 'value' in properties ? properties['value'] : MASK;
      edits.push(...paths(properties).map((path) => ({ path, mask })));
    },
  ],
  ['remove', (properties, { edits }) => void edits.push(...paths(properties).map((path) => ({ path })))],
  ['header', header],
  ['step-up', (properties, { stepUps }) => void stepUps.push(stepUpOf(properties))],
]);

function header({ name, value }: Obligation['properties'], { target, headers }: ObligationEffects): void {
  if (target === undefined) throw malformed('header', 'an HTTP response');
  if (!isHeaderName(name)) throw malformed('header', 'a header "name"');
  if (value === undefined || value === null) {
    target.remove(name);
    Reflect.deleteProperty(headers, name.toLowerCase());
  } else if (isHeaderValue(value)) {
    target.set(name, value);
    headers[name.toLowerCase()] = value;
  } else throw malformed('header', 'a text "value", or none to clear the header');
}

function paths({ path, paths: more }: Obligation['properties']): string[][] {
  if (path === undefined && more === undefined) throw malformed('mask or remove', 'a "path", or "paths"');
  return [path, more].flatMap((pointer) => (pointer === undefined ? [] : [pointer].flat().map(parsePointer)));
}
