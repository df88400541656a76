import { Logger } from '@nestjs/common';

/** Logs one error per module when a body parser has consumed the bytes of messages. The error says how to fix this. */
export class LostBodies {
  private isReported = false;

  /** Reports a message whose bytes the body parser did not store. Logs the first report only. */
  report(): void {
    if (this.isReported) return;
    this.isReported = true;
    new Logger('Mcp').error(
      'A body parser has read an MCP message, and nobody has stored its bytes: the message is refused. ' +
        'Create the application with { rawBody: true }.',
    );
  }
}
