import { Controller, Get, Injectable, NotFoundException, UseGuards, UseInterceptors } from '@nestjs/common';
import type { OpaDecisionEvent } from 'nestjs-opa';
import {
  InjectOpa,
  OnOpaDecision,
  OpaError,
  OpaGuard,
  OpaInput,
  OpaInterceptor,
  OpaPolicy,
  OpaPublic,
  OpaService,
} from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

/** Records the events of the application. */
@Injectable()
export class Listener {
  readonly events: OpaDecisionEvent[] = [];

  @OnOpaDecision()
  onDecision(event: OpaDecisionEvent): void {
    this.events.push(event);
  }
}

/** A handler for each kind of decision. */
@Controller('orders')
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
export class OrdersController {
  constructor(@InjectOpa() private readonly opa: OpaService) {}

  @Get('allowed/:id')
  @OpaPolicy('allow')
  allowed(): string {
    return 'ok';
  }

  @Get('denied')
  @OpaPolicy('deny')
  denied(): string {
    return '';
  }

  @Get('undefined')
  @OpaPolicy('missing')
  missing(): string {
    return '';
  }

  @Get('failed')
  @OpaPolicy('failing')
  failed(): string {
    return '';
  }

  @Get('viewed')
  @OpaPolicy('allow', { response: 'view' })
  viewed(): object {
    return { total: 3 };
  }

  @Get('unguarded')
  unguarded(): string {
    return '';
  }

  @Get('input')
  @OpaPolicy('allow')
  @OpaInput(() => {
    throw new Error('no input');
  })
  noInput(): string {
    return '';
  }

  @Get('not-found')
  @OpaPolicy('allow')
  @OpaInput(() => {
    throw new NotFoundException();
  })
  notFound(): string {
    return '';
  }

  @Get('list')
  @OpaPublic()
  list(): Promise<number[]> {
    return this.opa.filter([1, 2], { policy: 'visible', input: { subject: { id: 'ann' } } });
  }

  @Get('code')
  @OpaPublic()
  async code(): Promise<void> {
    await this.opa.enforce({ policy: 'deny', input: { subject: 'ann' } });
  }
}

const HEADER = { type: 'header', properties: { name: 'x-policy', value: '1' } };
/** The document of the policy that allows. */
export const ALLOW = { allow: true, reasons: ['owner'], obligations: [HEADER] };

/** Decides as the cases expect. */
export const engine = (): TestEngine =>
  new TestEngine({
    allow: ALLOW,
    deny: { allow: false, reason: 'closed' },
    failing: new OpaError('OPA_UNREACHABLE', 'OPA is away.'),
    view: true,
    visible: [0],
  });
