/**
 * `run`: the daemon, in the foreground. SIGHUP re-reads the configuration; one that is faulty, or with which the daemon
 * cannot start, is told of and not taken.
 */
import { ConfigError, type Config } from '../config.ts';
import { Daemon } from '../pipeline/daemon.ts';
import type { Io } from './io.ts';

/** @throws {ConfigError} {IndexError} */
export async function run(config: Config, _args: object, io: Io): Promise<number> {
  let [current, proven] = [usable(config), undefined as Config | undefined];
  let again = new AbortController();
  io.onHangup(() => {
    try {
      current = usable(io.reloadConfig());
      io.log('notice', 'the configuration has been read again');
      again.abort();
    } catch (error) {
      io.log('error', staysAsItWas(error));
    }
  });
  while (!io.signal.aborted) {
    again = new AbortController();
    const taken = current;
    try {
      await Daemon.run({
        config: taken,
        now: () => io.now(),
        tell: (level, sentence) => io.log(level, sentence),
        signal: AbortSignal.any([io.signal, again.signal]),
        started: () => (proven = taken),
      });
    } catch (error) {
      if (proven === undefined || proven === taken) throw error;
      io.log('error', staysAsItWas(error));
      if (current === taken) current = proven;
    }
  }
  return 0;
}

function usable(config: Config): Config {
  if (config.logs.length > 0) return config;
  throw new ConfigError([
    'no log is configured and none of the usual ones exists, so there is nothing to follow: set [[log]] path, or give --log FILE',
  ]);
}

function staysAsItWas(error: unknown): string {
  return `${error instanceof Error ? error.message : String(error)}\nthe configuration stays as it was`;
}
