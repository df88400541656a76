/**
 * One request that several callers wait for. Each caller may stop waiting. The request is aborted when nobody waits for
 * it any more.
 */
export class SharedRequest<T> {
  private readonly abort = new AbortController();
  private readonly result: Promise<T>;
  private waiting = 0;

  /**
   * @param run - sends the request
   * @param onEnd - is called once the request has ended, or nobody waits for it
   */
  constructor(
    run: (signal: AbortSignal) => Promise<T>,
    private readonly onEnd: () => void,
  ) {
    this.result = run(this.abort.signal).finally(onEnd);
    // Without this handler an error after the last caller has gone would end the process.
    this.result.catch(() => undefined);
  }

  /**
   * Waits for the result.
   *
   * @throws the reason of the signal, or the error of the request
   */
  async wait(signal: AbortSignal): Promise<T> {
    this.waiting += 1;
    try {
      return await this.untilAborted(signal);
    } finally {
      this.waiting -= 1;
      if (this.waiting === 0) {
        this.onEnd();
        this.abort.abort();
      }
    }
  }

  private untilAborted(signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      const done = (): void => signal.removeEventListener('abort', onAbort);
      this.result.finally(done).then(resolve, reject);
    });
  }
}
