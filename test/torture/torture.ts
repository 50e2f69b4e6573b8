/** `npm run torture -- --seconds 60 --rate 200`: logrotate-torture.ts for as long as one likes. Exit code 1: a line was lost. */
import { parseArgs } from 'node:util';
import { tortureWithLogrotate } from './logrotate-torture.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, rate: { type: 'string', default: '200' } },
});
const result = await tortureWithLogrotate({
  seconds: Number(values.seconds),
  rate: Number(values.rate),
  say: (sentence) => console.error(sentence),
});
console.log(`${result.rotations} rotations, ${result.kills} kill -9`);
for (const { rule, written, indexed, lost, invented, destroyed } of result.logs) {
  const faults = `${lost.length} lost, ${invented.length} invented`;
  console.log(
    `${rule}: ${written} users written, ${indexed} in the index; ${faults}, ${destroyed} destroyed by copytruncate`,
  );
  if (lost.length > 0) console.log(`  lost: ${lost.slice(0, 20).join(' ')}`);
}
if (result.directory !== undefined) {
  console.log(`kept for a look: ${result.directory}`);
  process.exitCode = 1;
}
