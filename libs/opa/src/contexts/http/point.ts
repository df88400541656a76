import { httpFailure, OpaDeniedException } from '../../decision/index.js';
import type { EnforcementPoint } from '../enforcement-point.js';
import { httpRequest } from '../../input/index.js';
import { ClientAbort } from './client-abort.js';
import { applyToRequest, setHeaders, stripHeaders } from './headers.js';
import { httpReply, rawReply } from './reply.js';

/** Enforces decisions on HTTP, on Express and Fastify. */
export const httpPoint: EnforcementPoint = {
  strip: (context, patterns) => stripHeaders(httpRequest(context), patterns),
  permit: (context, decision) => {
    if (decision.headers !== undefined || decision.removeHeaders !== undefined)
      applyToRequest(httpRequest(context), decision);
  },
  whileConnected: (context, work) => work(new ClientAbort(context)),
  denial: (context, decision) => {
    setHeaders(httpReply(context), decision.headers);
    return new OpaDeniedException(decision);
  },
  failure: (context, error) => {
    const { exception, retryAfter } = httpFailure(error);
    if (retryAfter !== undefined) setHeaders(httpReply(context), { 'retry-after': String(retryAfter) });
    return exception;
  },
  reply: (context) => {
    const reply = httpReply(context);
    return rawReply(reply).headersSent ? undefined : reply;
  },
  challenge: 'www-authenticate',
};
