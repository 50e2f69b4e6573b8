/** The same as real processes, with the machine's own clock, and ended by SIGKILL or SIGTERM at any time. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { DEADLINE_MS } from '../deadline.ts';
import { run, start } from '../program.ts';
import type { Case } from './case.ts';
import { checkHistory, type Differences } from './checks.ts';
import { checkRun, hear, type Life } from './check-run.ts';

export const now = (): number => Math.floor(Date.now() / 1000);

export function checkHistoryByProcess(root: string, the: Case): Promise<Differences> {
  return checkHistory(root, the, async (argv) => {
    const { code, out, err } = await run(argv);
    return { code: Number(code), out, err };
  });
}

/** Lives that end by `kill -9` as soon as it has counted, or, every other time, by SIGTERM. */
export function checkRunByProcess(root: string, the: Case): Promise<Differences> {
  let lives = 0;
  const life: Life = async (config, _at, counted, statsd) => {
    const begun = now();
    const child = start(['--config', config, 'run']);
    const ended = once(child, 'exit');
    const err = child.stderr ? text(child.stderr) : Promise.resolve('');
    const heard = new Promise<ReturnType<typeof hear>>((resolve) => {
      const ear = hear(statsd, () => {
        counted();
        resolve(ear);
      });
      void sleep(DEADLINE_MS).then(() => resolve(ear));
    });
    const ear = await Promise.race([heard, ended.then(() => undefined)]);
    child.kill(lives++ % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
    await ended;
    return { packets: ear?.end(), times: [begun, begun + 1, now()], err: await err };
  };
  return checkRun(root, the, life);
}
