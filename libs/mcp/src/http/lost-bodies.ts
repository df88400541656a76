import { Logger } from '@nestjs/common';

/** Says once that a body parser has taken the bytes of messages, and what to do. */
export class LostBodies {
  private isReported = false;

  /** Notes a message whose bytes are gone. */
  report(): void {
    if (this.isReported) return;
    this.isReported = true;
    new Logger('Mcp').error(
      'A body parser has read an MCP message, and nobody has stored its bytes: the message is refused. ' +
        'Create the application with { rawBody: true }.',
    );
  }
}
