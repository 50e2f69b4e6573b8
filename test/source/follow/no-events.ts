/** Run by a test where the system refuses all inotify watches: follows a log through what may happen to it. */
import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { truncateSync } from 'node:fs';
import { Rig } from './rig.ts';

const log = new Rig('x.log', process.argv[2]);
assert.throws(() => watch(log.directory), { code: 'ENOSPC' });
log.start();
await log.until(() => log.told('no-events') > 0);
log.write('two');
await log.until(() => log.lines.length === 2);
log.rename('', '.1');
log.write('three');
await log.until(() => log.lines.length === 3);
truncateSync(log.path);
log.write('four');
await log.until(() => log.lines.length === 4);
log.remove();
log.write('five');
await log.until(() => log.lines.length === 5);
process.stdout.write(`${log.told('no-events') > 0 ? 'no-events' : 'events'}\n${log.lines.join()}\n`);
await log.end();
