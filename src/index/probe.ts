/**
 * Reads an index from end to end and keeps nothing: run as a process of its own (probe-in-child.ts), so that nobody else dies
 * when LevelDB does. It touches what LastSeenIndex will touch, in the same order, and says how many records there were.
 */
import { Level } from 'level';

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
