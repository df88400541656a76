/** What Node needs for a piece of a body beside its bytes: many small pieces must not be free. */
const PIECE_BYTES = 128;

/** How much of clients' messages may be in memory at once, of all MCP servers together: arriving ones and those under way. */
export class BodyBudget {
  private held = 0;

  /** @param max - in bytes */
  constructor(private readonly max: number) {}

  /** Begins to count a body; its account must be closed once nothing needs it any more. */
  open(): BodyAccount {
    let own = 0;
    return {
      take: (piece) => {
        const bytes = piece.length + PIECE_BYTES;
        if (this.held + bytes > this.max) return false;
        this.held += bytes;
        own += bytes;
        return true;
      },
      close: () => {
        this.held -= own;
        own = 0;
      },
    };
  }
}

/** What one body has taken of the budget. */
export interface BodyAccount {
  /** Takes room for a piece; gives `false`, and takes none, when there isn't enough. */
  take(piece: Buffer): boolean;
  /** Gives back what the body has taken. */
  close(): void;
}
