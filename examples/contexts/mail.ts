import { RabbitSubscribe } from '@golevelup/nestjs-rabbitmq';
import { Injectable, UseGuards } from '@nestjs/common';
import { OpaGuard, OpaPolicy } from 'nestjs-opa';

interface Mail {
  readonly to: string;
}

/** Sends the mails of a queue. RabbitMQ sends a denied message to the exchange `dead` if it exists, or drops the message. */
@Injectable()
export class MailSender {
  readonly sent: string[] = [];

  @RabbitSubscribe({
    exchange: 'orders',
    routingKey: 'mail.send',
    queue: 'mail',
    queueOptions: { deadLetterExchange: 'dead' },
  })
  @UseGuards(OpaGuard)
  @OpaPolicy('mail/send')
  send({ to }: Mail): void {
    this.sent.push(to);
  }
}
