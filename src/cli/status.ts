/** `status`: the counts of now, how much of them is covered, and how the logs stand: of the daemon where one runs, else of the index. */
import { STATUS, type Status } from '../control/requests.ts';
import type { Config } from '../config/config.ts';
import { countTable } from '../report/table.ts';
import { ask } from './ask.ts';
import { tellBounds } from './findings.ts';
import { atLeast, print, type Io } from './io.ts';
import { localIso } from './times.ts';

/** @throws as `ask` */
export async function status(config: Config, _args: object, io: Io): Promise<number> {
  const reply = await ask(STATUS, {}, config, io.now());
  if ('problem' in reply) {
    io.log('error', reply.problem);
    return 1;
  }
  const { samples } = reply.value;
  await print(io, describe(reply.value, atLeast(io)));
  if (samples) tellBounds(samples, io);
  return 0;
}

function describe(status: Status, atLeast: string): string {
  const { index, logs, samples = [] } = status;
  const counts = samples.length > 0 ? ['', countTable(samples, atLeast).trimEnd()] : [];
  return `${[...describeDaemon(status), `index    ${index}`, ...logs.map(describeLog), ...counts].join('\n')}\n`;
}

function describeDaemon({ version, since, isCaughtUp, countedAt }: Status): string[] {
  if (since === undefined) return ['daemon   not running'];
  const state = isCaughtUp === true ? '' : '; it is still reading what the logs held before it started';
  const counted = countedAt === undefined ? 'not yet' : localIso(countedAt);
  return [`daemon   ${version}, running since ${localIso(since)}${state}`, `counted  ${counted}`];
}

function describeLog({ path, writer, last, lagBytes, unreadable }: Status['logs'][number]): string {
  const parts = [
    ...(writer === undefined ? [] : [writer]),
    ...(last === undefined ? [] : [`up to ${localIso(last)}`]),
    ...(lagBytes === undefined ? [] : [`${lagBytes} bytes behind`]),
    ...(unreadable === undefined ? [] : [`cannot be read: ${unreadable}`]),
  ];
  return `log      ${path}: ${parts.join(', ')}`;
}
