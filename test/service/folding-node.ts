/** A node of a cluster that opens an index, in a process of its own that may be killed meanwhile. */
import { Users } from '../../src/activity/user-table.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';
import { BEGIN, pseudonymOf } from './cluster-node.ts';

const [, , path = ''] = process.argv;
const users = new Users({ exclude: [], includeDisabled: false });
const index = await LastSeenIndex.open(path, { create: false });
const writeBuffer = await WriteBuffer.open(index, users, BEGIN, { pseudonymOf, keepsFew: true });
await writeBuffer.close();
