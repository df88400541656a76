import { Injectable } from '@nestjs/common';
import { OpaService } from 'nestjs-opa';

interface OrderPaid {
  readonly order: string;
  readonly paidBy: string;
}

@Injectable()
export class OrderEvents {
  constructor(private readonly opa: OpaService) {}

  /** Add the decorator of your library to this method. */
  async paid({ order, paidBy }: OrderPaid): Promise<void> {
    const input = {
      subject: { id: paidBy },
      action: { name: 'pay' },
      resource: { type: 'order', id: order },
    };
    const { allowed } = await this.opa.decide({ policy: 'orders/pay', input });
    if (!allowed) return;
    // The message is handled here.
  }
}
