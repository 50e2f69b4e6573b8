/**
 * Reads an index from end to end and keeps nothing: run as a process of its own (probe-in-child.ts), so that nobody else dies
 * when LevelDB does. It touches what LastSeenIndex will touch, in the same order, and says how many records there were.
 * It ends with whoever started it: the lock that it holds would keep the next one out.
 */
import process from 'node:process';
import { Level } from 'level';

process.once('disconnect', () => process.exit());
// The parent may be gone by now; and to listen must not keep this process alive.
if (process.send && !process.connected) process.exit();
process.channel?.unref();

const [, , path = ''] = process.argv;
const db = new Level(path);
await db.open();
await db.get('!meta!schema');
await db.get('!meta!digest');
// Not `keys: false` as well: such an iterator ends at once.
const iterator = db.iterator({ fillCache: false, highWaterMarkBytes: 4 * 1024 * 1024, values: false });
let records = 0;
for (let read = 1; read > 0; records += read) read = (await iterator.nextv(10_000)).length;
await db.close();
console.log(records);
