/**
 * `run`: the daemon, in the foreground. SIGHUP re-reads the configuration; one that is faulty, or with which the daemon
 * cannot start, is told of and not taken.
 */
import { followedLogs, type Config } from '../config/config.ts';
import { defineDialects } from '../format/format.ts';
import { Daemon } from '../service/daemon.ts';
import { ControlServer } from '../control/server.ts';
import { ownSocket } from '../control/socket.ts';
import type { Io } from './io.ts';

/** @throws {IndexError} */
export async function run(config: Config, _args: object, io: Io): Promise<number> {
  const control = new ControlServer({
    version: io.version,
    now: () => io.now(),
    tell: (level, sentence) => io.log(level, sentence),
  });
  try {
    return await runUntilStopped(config, control, io);
  } finally {
    await control.close();
  }
}

async function runUntilStopped(config: Config, control: ControlServer, io: Io): Promise<number> {
  let [current, proven] = [withLogs(config, io), undefined as Config | undefined];
  let again = new AbortController();
  io.onHangup(() => {
    try {
      current = withLogs(io.reloadConfig(), io);
      io.log('notice', 'the configuration has been read again');
      again.abort();
    } catch (error) {
      io.log('error', staysAsItWas(error));
    }
  });
  while (!io.signal.aborted) {
    again = new AbortController();
    const taken = current;
    defineDialects(taken.dialects);
    try {
      await Daemon.run({
        config: taken,
        now: () => io.now(),
        tell: (level, sentence) => io.log(level, sentence),
        signal: AbortSignal.any([io.signal, again.signal]),
        opened: async (held) => {
          await control.listen(io.listening ?? ownSocket(taken));
          control.hold(held);
        },
        started: () => {
          proven = taken;
          control.caughtUp();
        },
      });
    } catch (error) {
      if (proven === undefined || proven === taken) throw error;
      io.log('error', staysAsItWas(error));
      if (current === taken) current = proven;
    } finally {
      control.hold(undefined);
    }
  }
  return 0;
}

/** A server that is installed later has its log later: `run` waits for it. */
function withLogs(config: Config, io: Io): Config {
  if (config.logs.length > 0) return config;
  const logs = followedLogs(config);
  const paths = logs.map(({ path }) => path).join(', ');
  io.log(
    'notice',
    `no log is configured, so the usual one is followed: ${paths} (another: [[log]] path, or --log FILE)`,
  );
  return { ...config, logs };
}

function staysAsItWas(error: unknown): string {
  return `${error instanceof Error ? error.message : String(error)}\nthe configuration stays as it was`;
}
