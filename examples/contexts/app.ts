import type { MessageEvent } from '@nestjs/common';
import { Controller, Module, Sse, UseGuards, UseInterceptors } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { OpaGuard, OpaInterceptor, OpaPolicy } from 'nestjs-opa';
import type { Observable } from 'rxjs';
import { of } from 'rxjs';

/** A WebSocket gateway: each message gets its own decision. */
@WebSocketGateway()
@UseGuards(OpaGuard)
export class ChatGateway {
  @SubscribeMessage('say')
  @OpaPolicy('chat/say')
  say(_client: unknown, data: { text: string }) {
    return { event: 'said', data };
  }
}

/** An event stream. One policy decides about the request before the stream starts, another one about each event. */
@Controller('chat')
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
export class ChatController {
  @Sse()
  @OpaPolicy('chat/watch', { response: 'chat/event' })
  watch(): Observable<MessageEvent> {
    return of(
      { id: '1', data: { text: 'hello', address: '10.0.0.7' } },
      { id: '2', data: { text: 'bye', address: '10.0.0.8' } },
    );
  }
}

/** The application. */
@Module({ controllers: [ChatController], providers: [ChatGateway] })
export class ContextsExample {}
