/** A log whose lines are records, read in two reads that meet at any line: what it says is what it says read at once, also over a restart. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { message, wrapped, WRAPPED_FORMS } from '../../wrap.ts';
import { eventsIn } from './events.ts';

/** Of a version that is not known, so that some lines wait for others. */
const MESSAGES = [
  message(1, 'c2s1', 'Client connected'),
  message(1, 'c2s1', 'Authenticated as alice@chat.example'),
  message(2, 'c2s2', 'Authenticated as ben@chat.example'),
  message(3, 'mod_x', 'two\nlines "quoted" \\ <é>'),
  message(4, 'c2s1', 'Client disconnected: closed'),
  message(9, 'c2s2', 'Client disconnected: a "text" (undefined-condition)'),
  message(9, 'c2s3', 'Client connected'),
];
const made = (name: string): Buffer => {
  const path = fileURLToPath(new URL(`../../../../test/logs/made/${name}`, import.meta.url));
  const lines = readFileSync(path, 'latin1').split('\n');
  return Buffer.from(`${lines.slice(0, 12).join('\n')}\n`, 'latin1');
};

/** `first`: where the first record ends, by which the log is recognised. */
const LOGS: readonly (readonly [name: string, log: Buffer, first: number])[] = [
  ...WRAPPED_FORMS.filter(({ name }) => /json|export|Kubernetes/.test(name)).map((form) => {
    const records = MESSAGES.map((each) => `${wrapped(form, each)}\n`);
    return [form.name, Buffer.from(records.join(''), 'latin1'), records[0]!.length] as const;
  }),
  ...['mongooseim-6.0-info.log', 'mongooseim-6.0-info.json'].map((name) => [name, made(name), 0] as const),
];

describe('a log of records, cut behind any line and read in two reads,', () => {
  for (const [name, log, first] of LOGS)
    it(`says the same as a whole, ${name} [10.1]`, () => {
      const whole = eventsIn(log, { ends: [] });
      assert.ok(whole.events.length > 0);
      const cuts = [...log.entries()].filter(([at, byte]) => byte === 10 && at + 1 >= first && at + 1 < log.length);
      for (const [at] of cuts)
        for (const restarts of [false, true]) {
          const cut = eventsIn(log, { ends: [at + 1], restarts });
          const told = (each: typeof cut): unknown => [each.events, each.counts, each.waiting];
          assert.deepEqual(told(cut), told(whole), `cut at ${at + 1}${restarts ? ', restarted' : ''}`);
        }
    });
});
