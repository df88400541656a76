import type { Obligation } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import type { HttpReply } from '../enforcement/index.js';
import { setHeaders } from '../enforcement/index.js';
import { changeAt, parsePointer } from './pointer.js';
import type { ResponseBody } from './response-body.js';

/** What `mask` puts in place of a value, unless the obligation gives a `value`. */
export const MASK = '***';

type CarryOut = (
  properties: Obligation['properties'],
  body: ResponseBody,
  reply: HttpReply | undefined,
) => void;

const carryOut: Readonly<Record<string, CarryOut>> = {
  mask: (properties, body) => {
    const value = properties['value'] ?? MASK;
    for (const path of paths(properties)) body.change((json) => changeAt(json, path, () => value));
  },
  remove: (properties, body) => {
    for (const path of paths(properties))
      body.change((json) => changeAt(json, path, () => undefined) ?? null);
  },
  header: ({ name, value }, _body, reply) => {
    if (reply === undefined) throw malformed('header', 'an HTTP response');
    if (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      throw malformed('header', 'a header "name"');
    if (value === undefined || value === null) reply.removeHeader(name);
    else if (typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      setHeaders(reply, { [name]: value });
    else throw malformed('header', 'a text "value", or none to clear the header');
  },
};

/**
 * Carries out a response decision's obligations: `mask` and `remove` (`path` or `paths`, JSON Pointers into the body
 * with `*` for every member), `header` (`name`, and `value` to set it or none to clear it).
 *
 * @throws OpaError `OPA_BAD_DECISION` when one is unknown, malformed or can't be carried out: nothing may leave then
 */
export function carryOutAll(
  obligations: readonly Obligation[],
  body: ResponseBody,
  reply: HttpReply | undefined,
): void {
  for (const { type, properties } of obligations) {
    const handler = Object.hasOwn(carryOut, type) ? carryOut[type] : undefined;
    if (handler === undefined) {
      throw new OpaError(
        'OPA_BAD_DECISION',
        `Nobody carries out obligations of type ${JSON.stringify(type)}.`,
      );
    }
    handler(properties, body, reply);
  }
}

function paths(properties: Obligation['properties']): string[][] {
  const given = properties['paths'] ?? properties['path'];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  return list.map(parsePointer);
}

function malformed(type: string, needs: string): OpaError {
  return new OpaError('OPA_BAD_DECISION', `An obligation "${type}" is malformed: it needs ${needs}.`);
}
