/** `npm run dashboards`: writes the dashboards that lie in examples/. */
import { writeFileSync } from 'node:fs';
import { DASHBOARDS } from './dashboards.ts';

const examples = new URL('../../../examples/', import.meta.url);
for (const [path, dashboard] of Object.entries(DASHBOARDS))
  writeFileSync(new URL(path, examples), `${JSON.stringify(dashboard, undefined, 2)}\n`);
