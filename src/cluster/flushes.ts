/** Those who wait until the union has all that waits. */
export class Flushes {
  #waiting: (() => void)[] = [];

  /** Resolves with `done`; rejects when it need not any more. */
  async add(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const isDone = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting = this.#waiting.filter((flush) => flush !== isDone);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(isDone);
    });
  }

  done(): void {
    for (const isDone of this.#waiting.splice(0)) isDone();
  }
}
