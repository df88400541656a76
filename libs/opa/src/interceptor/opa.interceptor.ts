import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { concatMap, defaultIfEmpty, takeLast } from 'rxjs';
import type { Decision } from '../contracts/index.js';
import { findRecord } from '../decision/index.js';
import type { OpaPolicyOptions } from '../decorators/index.js';
import type { HttpReply } from '../enforcement/index.js';
import {
  declared,
  denial,
  EnforcementLocator,
  failure,
  OpaEnforcement,
  pointOf,
  Refused,
  setHeaders,
} from '../enforcement/index.js';
import { pickHeaders } from '../input/index.js';
import { carryOutAll } from './obligations.js';
import { ResponseBody } from './response-body.js';

type Snapshot = ReturnType<HttpReply['getHeaders']>;

// They speak of a body that is not the one that leaves.
const BODY_HEADERS = [
  'content-length',
  'content-encoding',
  'etag',
  'digest',
  'content-digest',
  'repr-digest',
  'content-md5',
];

/**
 * Asks OPA about a handler's result, where `@OpaPolicy` names a `response` policy: it may deny, mask, remove, and set
 * headers. Everywhere it sets the response headers of the guard's decision.
 *
 * @remarks Until the policy has allowed it nothing leaves; a stream is buffered, up to 4 MiB. An Observable's last
 * value is the result, as in Nest.
 */
@Injectable()
export class OpaInterceptor implements NestInterceptor {
  private readonly enforcements: EnforcementLocator;

  constructor(
    @Inject(ModuleRef) modules: ModuleRef,
    @Optional() @Inject(OpaEnforcement) unnamed?: OpaEnforcement,
  ) {
    this.enforcements = new EnforcementLocator(modules, unnamed);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = pointOf(context).reply(context);
    const made = findRecord(context)?.made;
    if (made?.degraded !== 'permissive') setHeaders(reply, made?.responseHeaders);
    const declaration = declared(context);
    const response = declaration?.response;
    if (response === undefined) return next.handle();
    const before = { ...reply?.getHeaders() };
    return next.handle().pipe(
      takeLast(1),
      defaultIfEmpty(undefined),
      concatMap((result) => this.respond(context, { ...declaration, response }, result, before)),
    );
  }

  private async respond(
    context: ExecutionContext,
    declaration: OpaPolicyOptions & { response: string },
    result: unknown,
    before: Snapshot,
  ): Promise<unknown> {
    const point = pointOf(context);
    const reply = point.reply(context);
    try {
      const enforcement = this.enforcements.find(declaration.instance);
      const { service, settings, inputs } = enforcement;
      if (settings.mode === 'disabled') return result;
      const body = await ResponseBody.read(result, contentType(reply));
      const request = findRecord(context)?.input ?? (await enforcement.input(context));
      const input = { ...request, response: visible(reply, body, inputs.headers) };
      const { response: policy, timeout, mode } = declaration;
      const decision = await point.whileConnected(context, (signal) =>
        service.decide({ policy, input, signal, timeout, mode }),
      );
      return this.applied(decision, body, reply);
    } catch (error) {
      if (reply !== undefined) restore(reply, before);
      throw error instanceof Refused ? await denial(context, error.decision) : await failure(context, error);
    }
  }

  private applied(decision: Decision, body: ResponseBody, reply: HttpReply | undefined): unknown {
    if ((decision.allowed as unknown) !== true) throw new Refused(decision);
    if (decision.degraded === 'permissive') return body.result();
    setHeaders(reply, { ...decision.headers, ...decision.responseHeaders });
    carryOutAll(decision.obligations, body, reply);
    if (body.isChanged) for (const name of BODY_HEADERS) reply?.removeHeader(name);
    return body.result();
  }
}

function contentType(reply: HttpReply | undefined): string | undefined {
  const type = reply?.getHeaders()['content-type'];
  return typeof type === 'string' ? type : undefined;
}

function visible(
  reply: HttpReply | undefined,
  body: ResponseBody,
  headers: readonly string[],
): Record<string, unknown> {
  return {
    ...(reply !== undefined && {
      status: reply.statusCode,
      headers: pickHeaders(reply.getHeaders(), headers),
    }),
    body: body.visible,
    ...(body.encoding !== undefined && { encoding: body.encoding }),
  };
}

// What the handler has set speaks of a result that doesn't leave.
function restore(reply: HttpReply, before: Snapshot): void {
  for (const name of Object.keys(reply.getHeaders())) {
    const was = before[name];
    if (was === reply.getHeaders()[name]) continue;
    reply.removeHeader(name);
    if (was !== undefined) reply.header(name, typeof was === 'number' ? String(was) : was);
  }
}
