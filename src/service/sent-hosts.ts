/** The hosts of which counts were sent, also by an earlier run: of one that is gone a gauge would keep its last value. */
export class SentHosts {
  readonly all = new Set<string>();
  readonly #keep: (host: string, isSent: true | undefined) => void;

  /** `keep`: a change, to be written; undefined deletes. */
  constructor(keep: (host: string, isSent: true | undefined) => void) {
    this.#keep = keep;
  }

  /** Counts of these hosts are sent. Returns those that were sent before and are gone. */
  note(hosts: readonly string[]): string[] {
    const gone = [...this.all].filter((host) => !hosts.includes(host));
    const fresh = hosts.filter((host) => !this.all.has(host));
    for (const host of gone) {
      this.all.delete(host);
      this.#keep(host, undefined);
    }
    for (const host of fresh) {
      this.all.add(host);
      this.#keep(host, true);
    }
    return gone;
  }
}
