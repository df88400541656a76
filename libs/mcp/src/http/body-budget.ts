/**
 * The memory that Node needs for a chunk beside its bytes. The budget counts it, so that many small chunks cost memory.
 */
const PIECE_BYTES = 128;

/** Limits how many bytes of client messages are in memory at once. All MCP servers of a module share one budget. */
export class BodyBudget {
  private held = 0;

  /** @param max - in bytes */
  constructor(private readonly max: number) {}

  /** Opens the account of one body. The caller must close the account as soon as nothing needs the body. */
  open(): BodyAccount {
    let taken = 0;
    return {
      take: (piece) => {
        const bytes = piece.length + PIECE_BYTES;
        if (this.held + bytes > this.max) return false;
        this.held += bytes;
        taken += bytes;
        return true;
      },
      close: () => {
        this.held -= taken;
        taken = 0;
      },
    };
  }
}

/** Counts the bytes that one body takes of the budget. */
export interface BodyAccount {
  /** Takes room for a chunk. Returns `false`, and takes nothing, when the budget has too little room. */
  take(piece: Buffer): boolean;
  /** Returns all bytes of the body to the budget. */
  close(): void;
}
