/**
 * `run`: the daemon, in the foreground. SIGHUP re-reads the configuration; one that is faulty, or with which the daemon
 * cannot start, is told of and not taken.
 */
import { followedLogs, type Config } from '../config/config.ts';
import { loadRe2 } from '../config/re2.ts';
import { defineDialects } from '../format/format.ts';
import { Daemon } from '../service/daemon.ts';
import { ControlServer } from '../control/server.ts';
import { ownSocket } from '../control/socket.ts';
import { ServiceManager } from '../manager/service-manager.ts';
import type { Io, Level } from './io.ts';

/** @throws {IndexError} */
export async function run(config: Config, _args: object, io: Io): Promise<number> {
  const tell = (level: Level, sentence: string): void => io.log(level, sentence);
  const control = new ControlServer({ version: io.version, now: () => io.now(), tell });
  const { env, watchdogMs } = io;
  const manager = new ServiceManager({ env, watchdogMs, monotonic: () => io.monotonic(), tell });
  try {
    return await runUntilStopped(config, control, manager, io);
  } finally {
    manager.close();
    await control.close();
  }
}

async function runUntilStopped(
  config: Config,
  control: ControlServer,
  manager: ServiceManager,
  io: Io,
): Promise<number> {
  let [current, proven] = [withLogs(config, io), undefined as Config | undefined];
  let again = new AbortController();
  io.onHangup(() => {
    manager.reloading();
    try {
      current = withLogs(io.reloadConfig(), io);
      io.log('notice', 'the configuration has been read again');
      again.abort();
    } catch (error) {
      io.log('error', staysAsItWas(error));
      manager.reloaded();
    }
  });
  while (!io.signal.aborted) {
    again = new AbortController();
    const taken = current;
    defineDialects(taken.dialects, loadRe2);
    manager.begin(taken.logs.map(({ path }) => path));
    try {
      await Daemon.run({
        config: taken,
        now: () => io.now(),
        tell: (level, sentence) => io.log(level, sentence),
        signal: AbortSignal.any([io.signal, again.signal]),
        opened: async (held) => {
          await control.listen(io.listening ?? ownSocket(taken));
          control.hold(held);
          manager.hold(held);
        },
        delayed: (why) => manager.delayed(why),
        looked: () => manager.ready(),
        started: () => {
          proven = taken;
          control.caughtUp();
          manager.caughtUp();
          // To read the index and what the logs held takes more than all that comes later.
          io.releaseMemory();
        },
        counted: () => manager.counted(),
      });
    } catch (error) {
      if (proven === undefined || proven === taken) throw error;
      io.log('error', staysAsItWas(error));
      if (current === taken) current = proven;
    } finally {
      control.hold(undefined);
      manager.hold(undefined);
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
