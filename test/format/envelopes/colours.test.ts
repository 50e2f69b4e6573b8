/** The colours of a console, which some servers write even where nobody sees them, in what is around their lines. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileOf } from '../../ejabberd-golden.ts';
import { eventsOf } from './events.ts';
import { FORMS, iso, log, type Output, START } from './outputs.ts';

/** When a line was written that has a stamp of its own. */
const secondOf = (text: string): number | undefined =>
  /^2026-/.test(text) ? Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`) / 1000 - START : undefined;

const SYSLOG = FORMS.filter(({ name }) => name.startsWith('rsyslog'));

describe('the coloured console of ejabberd 26.07, as a real one wrote it, in', () => {
  const console = fileOf('26.07/console-stdout.txt.gz');
  const plain = eventsOf(console, 'UTC', console.length);
  let second = 0;
  const outputs = console
    .toString('latin1')
    .trimEnd()
    .split('\n')
    .map((text): Output => [(second = secondOf(text) ?? second), text]);
  for (const form of FORMS.filter(({ name }) => name === 'a file' || !/^journalctl.*(?:short|unit|235)/.test(name)))
    test(`${form.name} [10.3]`, () => {
      const bytes = log(form, outputs);
      const { events, server } = eventsOf(bytes, 'UTC', bytes.length);
      assert.equal(server, 'ejabberd');
      assert.deepEqual(events, plain.events);
    });
});

describe('the coloured levels of Openfire, in', () => {
  const route = (second: number, what: string): string =>
    `${iso(second).replaceAll('-', '.')}.123 \x1b[36mDEBUG\x1b[m [socket_c2s-thread-1]: org.jivesoftware.openfire.spi.RoutingTableImpl - ${what} client route alice@chat.example/#033[1m phone`;
  for (const form of SYSLOG)
    test(`${form.name}: what looks so in a name is part of it [10.4]`, () => {
      const { events } = eventsOf(
        log(form, [
          [1, route(1, 'Adding')],
          [9, route(9, 'Removing')],
        ]),
      );
      assert.deepEqual(
        events.map(({ kind, at }) => [kind, at - START]),
        [
          ['start', 1],
          ['end', 9],
        ],
      );
    });
});
