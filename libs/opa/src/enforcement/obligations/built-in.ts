import type { Obligation, OpaError } from '../../contracts/index.js';
import { isHeaderName, isHeaderValue } from '../../contracts/index.js';
import type { ResultEdit } from '../../contexts/index.js';
import { malformed } from './malformed.js';
import { parsePointer } from './pointer.js';
import type { StepUp } from './step-up.js';
import { stepUpOf } from './step-up.js';

/** The replacement that `mask` uses when the obligation has no `value`. */
export const MASK = '***';

/** The HTTP response on which the obligation `header` sets and removes headers. */
export interface HeaderTarget {
  /** @throws OpaError `OPA_BAD_DECISION` for a header that a policy must not set on this response */
  set(name: string, value: string): void;
  remove(name: string): void;
}

/** The effects of a decision's obligations. The executor collects the effects while it carries out the obligations. */
export interface ObligationEffects {
  /** The response that receives headers; `undefined` when the client gets no HTTP response. */
  readonly target: HeaderTarget | undefined;
  /** The headers that obligations have set, with lower-case names. A refusal sends these headers too. */
  readonly headers: Record<string, string>;
  /** The edits of the result. */
  readonly edits: ResultEdit[];
  /** The step-up authentications that the obligations require. */
  readonly stepUps: StepUp[];
  /** Whether an obligation failed. A failed obligation turns a permit into a denial. */
  failed: boolean;
  /** The error with which a handler refuses a permitted request, such as `OPA_RATE_LIMITED`. */
  refusal?: OpaError;
}

type CarryOut = (properties: Obligation['properties'], effects: ObligationEffects) => void;

/** The obligations that the library carries out, by type. */
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
