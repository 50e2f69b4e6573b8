/**
 * What is said to the service manager, through `systemd-notify`: its socket takes datagrams only, which Node.js cannot send over
 * unix sockets. Each call costs a process, so there are few of them. `systemd-notify` waits until it has been heard, and so what
 * it says is known to come from this service.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const PROGRAM = 'systemd-notify';

export interface NotifyOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly tell: (level: 'warning', sentence: string) => void;
}

/** As sd_notify(3) has them. */
export type Assignments = Readonly<Record<string, string>>;

export class Notify {
  readonly #options: NotifyOptions;
  #queue: Promise<void> = Promise.resolve();
  #isTold = false;

  constructor(options: NotifyOptions) {
    this.#options = options;
  }

  /** One after the other. Resolves when it has been heard, or when that has failed, which is told once. */
  say(assignments: Assignments): Promise<void> {
    const words = Object.entries(assignments).map(([name, value]) => `${name}=${value.replaceAll(/\s+/g, ' ')}`);
    this.#queue = this.#queue.then(() => this.#run(words));
    return this.#queue;
  }

  async #run(words: readonly string[]): Promise<void> {
    const { NOTIFY_SOCKET, PATH } = this.#options.env;
    try {
      const child = spawn(PROGRAM, words, { env: { NOTIFY_SOCKET, PATH }, stdio: 'ignore' });
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      if (code !== 0) throw new Error(`it ended with ${code ?? signal}`);
    } catch (error) {
      if (!this.#isTold) this.#options.tell('warning', cannotTell(error));
      this.#isTold = true;
    }
  }
}

function cannotTell(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `systemd cannot be told that the service is ready and well, for which it needs ${PROGRAM} (${reason}): see that it is in the PATH of the service, and that its unit has NotifyAccess=all`;
}
