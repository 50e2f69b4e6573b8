/** One connection to an XMPP server, whatever the transport. */
import { Arrivals } from './arrivals.ts';

export interface Wire {
  /** Opens the stream, or opens it anew after a login; resolves when the server has listed its features. */
  open(): Promise<void>;
  send(xml: string): Promise<void>;
  /** The next match in what the server sent; everything up to its end is used up. */
  expect(pattern: RegExp): Promise<RegExpExecArray>;
  /** From here on the client only listens, until it ends: over BOSH a request is held at the server. */
  listen(): void;
  /** The polite end; resolves when the server has ended the stream too. */
  close(): Promise<void>;
  /** The connection ends without a word: with a FIN where there is one. */
  drop(): Promise<void>;
  /** The connection breaks, with a reset. */
  reset(): Promise<void>;
}

/** The text a server sent so far and how much of it has been used up. */
export class Incoming {
  readonly #arrivals = new Arrivals<string>();
  #text = '';

  add(text: string): void {
    this.#text += text;
    this.#arrivals.add(text);
  }

  end(why: Error): void {
    this.#arrivals.end(why);
  }

  expect(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#arrivals.until(`answer ${pattern}`, () => this.#take(pattern));
  }

  /** Somebody waits for what has not come. */
  get awaited(): boolean {
    return this.#arrivals.awaited;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    const match = pattern.exec(this.#text);
    if (!match) return undefined;
    this.#text = this.#text.slice(match.index + match[0].length);
    return match;
  }
}
