/** The report in a real browser: the values under the pointer are those of the CSV, and nobody is asked for anything. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { WINDOWS, type Sample } from '../../src/activity/active-window.ts';
import { htmlReport } from '../../src/report/html.ts';
import { goldenLog, SMALL_UTC } from '../golden.ts';
import { run } from '../program.ts';
import { openPage, type Page } from './browser.ts';

const legend = async (page: Page, id: string): Promise<readonly string[]> =>
  (await page.value(`[...document.querySelectorAll('#${id} .u-value')].map((each) => each.textContent)`)) as string[];

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const boxOf = async (page: Page, id: string): Promise<Box> =>
  (await page.value(`document.querySelector('#${id} .u-over').getBoundingClientRect().toJSON()`)) as Box;

interface AccessibleNode {
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
}

/** What a screen reader finds of these roles, and what it says of them. */
async function named(page: Page, roles: readonly string[]): Promise<readonly string[]> {
  const { nodes } = (await page.send('Accessibility.getFullAXTree')) as { nodes: readonly AccessibleNode[] };
  return nodes
    .filter(({ role }) => roles.includes(role?.value ?? ''))
    .map(({ role, name }) => `${role?.value} ${name?.value}`)
    .toSorted();
}

const mouse = (page: Page, type: string, x: number, y: number): Promise<unknown> =>
  page.send('Input.dispatchMouseEvent', {
    type,
    x,
    y,
    button: 'left',
    buttons: type === 'mouseMoved' ? 0 : 1,
    clickCount: 1,
  });

test('the values under the pointer are those of the CSV, with no request and no error [11.7]', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'report-'));
  t.after(() => rm(root, { recursive: true }));
  const log = join(root, 'prosody.log');
  await writeFile(log, goldenLog(SMALL_UTC, 'info'));
  const flags = ['history', '--timezone', 'UTC', '--year', '2026', log];
  const html = await run([...flags, '--format', 'html']);
  assert.equal(html.code, 0, html.err);
  const file = join(root, 'report.html');
  await writeFile(file, html.out);
  const rows = (await run([...flags, '--format', 'csv', '--total'])).out
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((row) => row.split(','))
    .filter(([, host]) => host === '*');
  const page = await openPage(t, pathToFileURL(file).href);
  const box = await boxOf(page, 'active');
  const [first, last] = [Number(rows[0]?.[0]), Number(rows.at(-1)?.[0])];
  for (const share of [0, 0.1, 0.37, 0.5, 0.81, 1]) {
    const i = Math.round(share * (rows.length - 1));
    const [at, , ...counts] = rows[i] ?? [];
    const x = box.x + ((Number(at) - first) / (last - first)) * box.width;
    await mouse(page, 'mouseMoved', Math.min(box.x + box.width - 0.5, Math.max(box.x + 0.5, x)), box.y + 50);
    const [, ...values] = await legend(page, 'active');
    assert.deepEqual(
      values.map((value) => value.replace('≥ ', '')),
      counts,
      `at ${at}`,
    );
  }
  assert.deepEqual([page.said, page.requests.filter((url) => !url.startsWith('file:'))], [[], []]);
  assert.deepEqual(await named(page, ['application', 'region', 'group']), [
    'application Active users of the last 1, 7 and 30 days',
    'application Stickiness: users of a day among those of 30 days',
    'application Users online',
    'group Hosts',
    'group Range',
    'region Active users of the last 1, 7 and 30 days',
    'region At the end of the range (least to most)',
    'region New and returning users by week',
    'region Stickiness: users of a day among those of 30 days',
    'region Users online',
    'region Users online by weekday and hour, mean',
  ]);
  // Zoomed by dragging, all of it follows.
  const shown = async (): Promise<unknown> => page.value(`document.getElementById('shown').textContent`);
  const before = await shown();
  await mouse(page, 'mousePressed', box.x + 200, box.y + 60);
  await mouse(page, 'mouseMoved', box.x + 300, box.y + 60);
  await mouse(page, 'mouseReleased', box.x + 300, box.y + 60);
  assert.notEqual(await shown(), before);
  // Read with the keyboard.
  await page.value(`document.getElementById('active').focus()`);
  for (const key of ['ArrowRight', 'ArrowRight'])
    await page.send('Input.dispatchKeyEvent', { type: 'keyDown', key, code: key });
  assert.match(String(await page.value(`document.getElementById('said').textContent`)), /: 1 day .*7 days .*30 days /);
  assert.deepEqual(page.said, []);
});

test('ten years of hours are drawn at once, dark as well, and hosts are chosen [11.7]', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'report-'));
  t.after(() => rm(root, { recursive: true }));
  const begin = Date.UTC(2016, 0, 4) / 1000;
  const counts = (hour: number, d: number): Pick<Sample, 'online' | 'd1' | 'd7' | 'd30'> => {
    const online = 20 + d + (hour % 24);
    return { online, d1: online + 50, d7: online + 90, d30: online + 120 };
  };
  const groups = Array.from({ length: 10 * 365 * 24 }, (_, hour): readonly Sample[] => {
    const at = begin + hour * 3600;
    const covered = WINDOWS.map((window) => Math.min(window, hour * 3600));
    return ['a.example', '</script><b>.example'].map((host, d) => ({ at, host, covered, ...counts(hour, d) }));
  });
  const file = join(root, 'report.html');
  await writeFile(file, htmlReport(groups, { timezone: 'Europe/Berlin', version: '1.2.3', now: begin }));
  const page = await openPage(t, pathToFileURL(file).href, { dark: true });
  assert.equal(await page.value(`document.querySelectorAll('canvas').length`), 3);
  // One in the morning of Berlin: 41 where it is midnight in UTC, in winter, and 87 in summer.
  const heat = `document.querySelector('#heat tr:nth-child(2) td:nth-child(3)').textContent`;
  assert.equal(await page.value(heat), '68');
  const took = await page.value(
    `(() => { const from = performance.now(); document.querySelector('#hosts input').click(); return performance.now() - from; })()`,
  );
  // A tenth of that, where nothing else runs.
  assert.ok(Number(took) < 10_000, `choosing a host took ${String(took)} ms`);
  const box = await boxOf(page, 'online');
  await mouse(page, 'mouseMoved', box.x + 0.5, box.y + 20);
  assert.deepEqual((await legend(page, 'online')).slice(1), ['20']);
  assert.deepEqual([page.said, page.requests.filter((url) => !url.startsWith('file:'))], [[], []]);
});
