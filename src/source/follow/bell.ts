/** Waiting that can be cut short: a ring while nobody waits is kept for the next who does. */
export class Bell {
  private rung = false;
  private answer: (() => void) | undefined;
  private later: NodeJS.Timeout | undefined;

  ring(): void {
    this.rung = true;
    this.answer?.();
  }

  /** For whoever has time: it may sound so many milliseconds later, once for all who rang meanwhile. */
  ringWithin(ms: number): void {
    this.later ??= setTimeout(() => {
      this.later = undefined;
      this.ring();
    }, ms);
  }

  /** What is to ring later does so no more. */
  mute(): void {
    clearTimeout(this.later);
  }

  /** Waits for a ring, at most so many milliseconds. */
  async wait(ms: number): Promise<void> {
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.answer = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.answer = undefined;
    }
    this.rung = false;
  }
}
