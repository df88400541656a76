import type { Obligation } from '../../contracts/index.js';
import { isHeaderName, isHeaderValue } from '../../contracts/index.js';
import type { ResultEdit } from '../../decision/index.js';
import { setHeaders } from '../../contexts/http/adapter.js';
import type { HttpReply } from '../../contexts/http/reply.js';
import { malformed } from './malformed.js';
import { parsePointer } from './pointer.js';
import { challengeOf } from './step-up.js';

/** What `mask` puts in place of a value, unless the obligation gives a `value`. */
export const MASK = '***';

/** What a decision's obligations have come to. */
export interface Effects {
  /** The reply whose headers they set; `undefined` where there is none. */
  readonly reply: HttpReply | undefined;
  /** The headers that they have set, for a refusal to keep. */
  readonly headers: Record<string, string>;
  /** What they want changed in the handler's result. */
  readonly edits: ResultEdit[];
  /** The step-up challenges that they ask for. */
  readonly challenges: string[];
}

type CarryOut = (properties: Obligation['properties'], effects: Effects) => void;

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
  ['step-up', (properties, { challenges }) => void challenges.push(challengeOf(properties))],
]);

function header({ name, value }: Obligation['properties'], { reply, headers }: Effects): void {
  if (reply === undefined) throw malformed('header', 'an HTTP response');
  if (!isHeaderName(name)) throw malformed('header', 'a header "name"');
  if (value === undefined || value === null) {
    reply.removeHeader(name);
    Reflect.deleteProperty(headers, name.toLowerCase());
  } else if (isHeaderValue(value)) {
    setHeaders(reply, { [name]: value });
    headers[name.toLowerCase()] = value;
  } else throw malformed('header', 'a text "value", or none to clear the header');
}

function paths({ path, paths: more }: Obligation['properties']): string[][] {
  if (path === undefined && more === undefined) throw malformed('mask or remove', 'a "path", or "paths"');
  return [path, more].flatMap((given) => (given === undefined ? [] : [given].flat().map(parsePointer)));
}
