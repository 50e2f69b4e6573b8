/**
 * `npm run bench`: what the program costs, beside others in the same run; nothing is asserted here. Four hundred megabytes each,
 * three times over, which takes a quarter of an hour; `-- --mb 100 --runs 1 --table dense --only mawk` is quicker, and
 * `-- --following` is about the daemon, `-- --idle` about what it costs while nothing happens, `-- --million` about it with a million
 * users, `-- --forms` about each server and each wrapping, and `-- --cluster` about nodes
 * that count together; `-- --node --users 10000000` about the memory of one of them.
 */
import { parseArgs } from 'node:util';
import { benchCluster } from './cluster.ts';
import { benchFollowing } from './following.ts';
import { benchForms } from './forms.ts';
import { benchIdle } from './idle.ts';
import { benchMillion } from './million.ts';
import { benchNodeMemory } from './node-memory.ts';
import { benchReading } from './reading.ts';

const { values } = parseArgs({
  options: {
    mb: { type: 'string', default: '400' },
    runs: { type: 'string', default: '3' },
    table: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true, default: [] },
    following: { type: 'boolean', default: false },
    idle: { type: 'boolean', default: false },
    million: { type: 'boolean', default: false },
    forms: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    node: { type: 'boolean', default: false },
    users: { type: 'string', multiple: true, default: ['1000000'] },
    lines: { type: 'string', default: '2000000' },
  },
});
const { runs: times, only } = values;
if (values.following) await benchFollowing();
else if (values.idle) await benchIdle();
else if (values.million) await benchMillion();
else if (values.cluster) await benchCluster();
else if (values.node) await benchNodeMemory(values.users.map(Number));
else if (values.forms) await benchForms({ lines: Number(values.lines), runs: Number(times), only });
else
  await benchReading({
    megabytes: Number(values.mb),
    runs: Number(times),
    tables: values.table,
    only,
  });
