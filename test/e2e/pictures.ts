/**
 * `npm run pictures`: the pictures of the README, drawn by a real graphite-web from ten days that a real Prosody recorded, which came to it by
 * the real daemon, StatsD and Carbon. Needs the Debian packages graphite-carbon, graphite-web and chromium.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { NEW_YEAR } from '../demo/recorded-week.ts';
import { openPage } from './browser.ts';
import { eventually } from './graphite.ts';
import { startCampaign } from './recorded-campaign.ts';

const root = new URL('../../../', import.meta.url);
const DAYS = 10;
/** Of the dashboard's graphs, those of counts. */
const TWO_ROWS = { x: 0, y: 10, width: 950, height: 582, scale: 1 };
const ends: (() => Promise<void> | void)[] = [];
const picture = (name: string, bytes: Buffer): void => {
  writeFileSync(new URL(`pictures/${name}`, root), bytes);
  console.log(`pictures/${name}: ${bytes.length} bytes`);
};

try {
  const campaign = await startCampaign(NEW_YEAR);
  ends.push(() => campaign.stop());
  mkdirSync(new URL('pictures/', root), { recursive: true });
  const { url } = campaign.graphite;
  picture('active-users.png', await activeUsers(url));
  picture('graphite-web.png', await dashboard(url));
} finally {
  for (const end of ends.toReversed()) await end();
}

async function activeUsers(url: string): Promise<Buffer> {
  const names = { 1: 'Daily', 7: 'Weekly', 30: 'Monthly' };
  const query = new URLSearchParams({
    ...{ format: 'png', width: '800', height: '300', from: `-${DAYS}days`, title: 'Active users of chat.example' },
    ...{ yMin: '0', lineWidth: '2', bgcolor: 'white', fgcolor: 'black', minorGridLineColor: 'white' },
  });
  for (const [days, name] of Object.entries(names))
    query.append('target', `alias(stats.gauges.xmpp.active_users_${days}d.chat_example,"${name}")`);
  return Buffer.from(await (await fetch(`${url}/render?${query.toString()}`)).arrayBuffer());
}

/** The page of graphite-web with the dashboard of examples/, for the days that there are. */
async function dashboard(url: string): Promise<Buffer> {
  const example = readFileSync(new URL('examples/graphite/dashboard.json', root), 'utf8');
  const state = example
    .replace('-30days', `-${DAYS}days`)
    .replace('"relativeStartQuantity": "30"', `"relativeStartQuantity": "${DAYS}"`);
  await fetch(`${url}/dashboard/save/xmpp-active-users`, { method: 'POST', body: new URLSearchParams({ state }) });
  const page = await openPage({ after: (end) => ends.push(end) }, `${url}/dashboard/xmpp-active-users`);
  // While one is fetched it has another class.
  const drawn = `[...document.querySelectorAll('.graph-img')].filter(({ naturalWidth }) => naturalWidth > 100).length`;
  const { graphs }: { graphs: object[] } = JSON.parse(state);
  const count = await eventually(
    () => page.value(drawn),
    (found) => found === graphs.length,
  );
  assert.equal(count, graphs.length);
  const { data } = await page.send('Page.captureScreenshot', { format: 'png', clip: TWO_ROWS });
  return Buffer.from(String(data), 'base64');
}
