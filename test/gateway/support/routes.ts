import type { IncomingMessage, ServerResponse } from 'node:http';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An upstream's answers, each at a path of its own. */
export class Routes {
  private readonly handlers: Handler[] = [];

  /** Has the upstream answer at a new path, and gives the path. */
  add(handler: Handler): string {
    return `/${this.handlers.push(handler) - 1}`;
  }

  /** The upstream. */
  readonly handle: Handler = (request, response) => {
    const index = /\/(\d+)$/.exec((request.url ?? '').split('?')[0] ?? '')?.[1];
    this.handlers[Number(index)]?.(request, response);
  };
}
