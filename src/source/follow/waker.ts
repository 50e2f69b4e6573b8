/** Waiting that can be cut short: who is woken while he does not wait, does not wait the next time. */
export class Waker {
  private isWoken = false;
  private resume: (() => void) | undefined;
  private later: NodeJS.Timeout | undefined;

  wake(): void {
    this.isWoken = true;
    this.resume?.();
  }

  /** For whoever has time: all who call within so many milliseconds are heard together, at their end. */
  wakeWithin(ms: number): void {
    this.later ??= setTimeout(() => {
      this.later = undefined;
      this.wake();
    }, ms);
  }

  /** Who was to be heard later is not. */
  cancel(): void {
    clearTimeout(this.later);
  }

  /** Waits until woken, at most so many milliseconds. */
  async wait(ms: number): Promise<void> {
    if (!this.isWoken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.resume = undefined;
    }
    this.isWoken = false;
  }
}
