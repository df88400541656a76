import type {
  CallHandler,
  ExecutionContext,
  MessageEvent,
  NestInterceptor,
  OnModuleInit,
} from '@nestjs/common';
import { HttpException, Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { ApplicationConfig, ModuleRef } from '@nestjs/core';
import type { Observable, OperatorFunction } from 'rxjs';
import { catchError, concatMap, defaultIfEmpty, map, takeLast } from 'rxjs';
import type { Obligation } from '../contracts/index.js';
import { guidePage, OpaError } from '../contracts/index.js';
import { isAllowed } from '../decision/index.js';
import type { OpaPolicyOptions } from '../decorators/index.js';
import type { HttpReply, ResultEdit } from '../contexts/index.js';
import {
  adapterOf,
  findDecidedInput,
  headersOf,
  withClaimedResult,
  httpReply,
  revertHeaders,
  sealCookies,
  setHeaders,
  claimResult,
  ContextOrigin,
} from '../contexts/index.js';
import {
  denial,
  EDITS_RESULTS,
  EnforcementLocator,
  failure,
  handlerName,
  interceptorsOf,
  inFormOf,
  obligationsOf,
  OpaEnforcement,
  outsideOf,
  Refused,
} from '../enforcement/index.js';
import { pickHeaders } from '../input/index.js';
import { inTurn } from './in-turn.js';
import { usesResultOtherwise, eventOf } from './items.js';
import { readBody } from './read-body.js';
import type { ResponseBody } from './response-body.js';

/** The state of a handler's response before the handler returns its result. */
interface Answer {
  readonly context: ExecutionContext;
  readonly declaration: OpaPolicyOptions | undefined;
  /** The headers of the reply before the handler runs. A denial or an error restores these headers. */
  readonly before: ReturnType<typeof headersOf>;
  /** Whether no other interceptor can change the result after the decision. */
  readonly isOutermost: boolean;
  /** The edits of the result that the request's decision requires. */
  readonly edits: readonly ResultEdit[];
}

const TOO_MUCH =
  'The library ended a stream: its items arrived faster than OPA could decide them, and too many items were waiting.';

// These headers describe the handler's body. They are wrong for a body that an edit has changed.
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
 * Asks OPA about a handler's result when `@OpaPolicy` names a `response` policy. The policy may deny the response, mask
 * or remove values, and set headers. On every handler the interceptor sets the response headers of the guard's decision.
 *
 * @remarks The client receives nothing before the policy allows the result. The interceptor buffers a stream, up to
 * 4 MiB. The last value of an Observable is the result, as in Nest.
 *
 * With `@Sse()`, WebSockets, microservices and gRPC the client receives each item of an Observable by itself. OPA
 * decides each item, in order and one at a time. Up to 4 MiB of JSON may wait for a decision. A denial ends the stream
 * with an error. The policy sees the `data` of a server-sent event as `response.body`, and its other fields as
 * `response.event`. Obligations can change only `data`. An event has no headers.
 *
 * When OpaInterceptor is the outermost interceptor of an HTTP handler, it serializes the result once, before the
 * decision. The client receives exactly the text that the policy saw. Everywhere else the interceptor returns the
 * object, so that other interceptors can change it. A mask copies only the objects on its path.
 * @example
 * ```ts
 * import { Controller, Get, Param, UseGuards, UseInterceptors } from '@nestjs/common';
 * import { OpaGuard, OpaInterceptor, OpaPolicy } from 'nestjs-opa';
 *
 * @Controller('orders')
 * @UseGuards(OpaGuard)
 * @UseInterceptors(OpaInterceptor)
 * export class OrdersController {
 *   @Get(':id')
 *   @OpaPolicy('orders/read', { response: 'orders/view' })
 *   read(@Param('id') id: string) {
 *     return { id, customer: { email: 'ann@example.test' } };
 *   }
 * }
 * ```
 */
@Injectable()
export class OpaInterceptor implements NestInterceptor, OnModuleInit {
  static readonly [EDITS_RESULTS] = true;
  private readonly logger = new Logger('OpaInterceptor');
  private readonly enforcements: EnforcementLocator;
  /** The handlers about which the interceptor has already logged a warning. */
  private readonly rewritten = new Set<string>();

  /** @internal Nest creates the interceptor. */
  constructor(
    @Inject(ModuleRef) modules: ModuleRef,
    @Optional() @Inject(OpaEnforcement) unnamed?: OpaEnforcement,
    @Optional() @Inject(ApplicationConfig) private readonly config?: ApplicationConfig,
  ) {
    this.enforcements = new EnforcementLocator(modules, unnamed);
  }

  /** @throws OpaError `OPA_BAD_OPTIONS` when the application has no OpaModule */
  onModuleInit(): void {
    this.enforcements.assertModule('OpaInterceptor');
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return this.around(context, next).pipe(
      catchError(async (error: Error) => Promise.reject(await inFormOf(context, error))),
    );
  }

  private around(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const point = adapterOf(context).point;
    const record = claimResult(context);
    if (record === undefined) return next.handle();
    const { allowed, edits } = record;
    if (allowed?.responseHeaders !== undefined) setHeaders(point.reply(context), allowed.responseHeaders);
    const declaration = this.enforcements.declared(context);
    if (declaration?.response === undefined && edits.length === 0) return next.handle();
    const before = headersOf(point.reply(context));
    const answer = { context, declaration, before, edits, isOutermost: this.isOutermost(context) };
    const leaves = adapterOf(context).results.leaves(context);
    const decide = leaves === 'last' ? this.lastItem(answer) : this.itemByItem(answer, leaves);
    return withClaimedResult(context, () => next.handle()).pipe(decide);
  }

  private isOutermost(context: ExecutionContext): boolean {
    if (this.config === undefined) return false;
    const types = interceptorsOf(context.getClass(), context.getHandler(), this.config);
    return outsideOf(types)?.length === 0;
  }

  private lastItem(answer: Answer): OperatorFunction<unknown, unknown> {
    return (results) =>
      results.pipe(
        takeLast(1),
        defaultIfEmpty(undefined),
        concatMap((result) => this.respond(answer, result)),
      );
  }

  private itemByItem(answer: Answer, leaves: 'each' | 'event'): OperatorFunction<unknown, unknown> {
    const { context, isOutermost } = answer;
    const overflow = (): Promise<Error> => failure(context, new OpaError('OPA_OVERLOADED', TOO_MUCH));
    if (leaves === 'each') return inTurn((item) => this.respond(answer, item), overflow);
    const decideEvent = async ({ data, ...event }: Partial<MessageEvent>): Promise<unknown> => ({
      ...event,
      data: await this.respond(answer, data, event),
    });
    return (items) =>
      items.pipe(
        map((item) => eventOf(item, isOutermost)),
        inTurn(decideEvent, overflow),
      );
  }

  private async respond(answer: Answer, value: unknown, event?: Partial<MessageEvent>): Promise<unknown> {
    const { context, declaration, before, isOutermost } = answer;
    const reply = event === undefined ? adapterOf(context).point.reply(context) : undefined;
    try {
      const enforcement = this.enforcements.find(declaration?.instance);
      // An Observable may emit a promise. Without this await, the promise would be resolved only after the decision.
      const result = await value;
      if (enforcement.settings.mode === 'disabled') return result;
      const body = await readBody(result, {
        reply: adapterOf(context).results.isReplyBody ? reply : undefined,
        isFinal: isOutermost && !usesResultOtherwise(context),
        onRewriter: (rewriter) => this.warnOf(rewriter, context),
      });
      const responseEdits = await this.decided(answer, enforcement, body, event);
      const edits = [...answer.edits, ...responseEdits];
      if (edits.length > 0) body.change(edits);
      if (body.isChanged) for (const name of BODY_HEADERS) reply?.removeHeader(name);
      return body.result();
    } catch (error) {
      const current = adapterOf(context).point.reply(context);
      revertHeaders(current, before);
      const refusal = await this.refusal(answer, error);
      if (adapterOf(context).results.isReplyBody) sealCookies(current);
      throw refusal;
    }
  }

  private warnOf(rewriter: string, context: ExecutionContext): void {
    const handler = handlerName(context);
    if (this.rewritten.has(handler)) return;
    this.rewritten.add(handler);
    this.logger.warn(
      `${handler}: ${rewriter} of the application may change the result after the response policy has seen it. ` +
        `Change results in an interceptor inside OpaInterceptor: see ${guidePage('responses')}.`,
    );
  }

  private async refusal({ context, declaration }: Answer, error: unknown): Promise<Error> {
    // The stream of a result may fail with an HttpException. That exception is the handler's response.
    if (error instanceof HttpException) return error;
    if (!(error instanceof Refused)) return failure(context, error);
    const { obligations } = this.enforcements.find(declaration?.instance);
    return denial(context, await obligations.deny(context, error.decision, 'response'));
  }

  private async decided(
    { context, declaration, before }: Answer,
    enforcement: OpaEnforcement,
    body: ResponseBody,
    event: Partial<MessageEvent> | undefined,
  ): Promise<readonly ResultEdit[]> {
    const { response: policy, timeout, mode } = declaration ?? {};
    if (policy === undefined) return [];
    const { service, inputs } = enforcement;
    const point = adapterOf(context).point;
    const reply = point.reply(context);
    const request = findDecidedInput(context) ?? (await enforcement.input(context));
    const response =
      event === undefined
        ? visible(reply, body, inputs.headers)
        : {
            status: httpReply(context).statusCode,
            headers: pickHeaders(before, inputs.headers),
            event,
            body: body.visible,
          };
    const input = inputs.forResponse(request, response);
    const origin = new ContextOrigin(context, 'interceptor');
    const decision = await point.whileConnected(context, (signal) =>
      service.decide({ policy, input, phase: 'response', signal, timeout, mode, origin }),
    );
    if (!isAllowed(decision)) throw new Refused(decision);
    if (event === undefined) setHeaders(reply, { ...decision.headers, ...decision.responseHeaders });
    const obligations = obligationsOf(decision).map((item) => (event === undefined ? item : ofEvent(item)));
    return obligations.length > 0 ? enforcement.fulfil(context, { ...decision, obligations }, true) : [];
  }
}

// An event can't set headers. The server usually sends the headers of the stream before OPA decides the event.
function ofEvent(obligation: Obligation): Obligation {
  return obligation.type === 'header'
    ? { ...obligation, malformed: 'an event of a stream has no headers' }
    : obligation;
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
