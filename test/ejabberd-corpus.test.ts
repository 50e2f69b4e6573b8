/** What is counted in logs that real ejabberds wrote, beside what the clients did that made them. */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { ejabberdEvents, fileOf, pathOf } from './ejabberd-golden.ts';
import { hourly } from './golden.ts';
import { run } from './program.ts';
import { missing, staysIn, truthIn } from './stays.ts';
import { agreement, parseCounts, WINDOW_NAMES } from './truth.ts';

const CAMPAIGN = ['3', '2', '1.gz', 'gz'].map((end) => `st-johns/ejabberd.log.${end}`);
const TRUTH = parseCounts(fileOf('st-johns/truth.csv').toString());

describe('ten days of ejabberd 24.12, with two crashes and two restarts', () => {
  const [events, counts] = ejabberdEvents(Buffer.concat(CAMPAIGN.map(fileOf)), 'America/St_Johns');
  const agreed = agreement(TRUTH, hourly(events));
  for (const window of WINDOW_NAMES)
    it(`${window} is equal in all samples [10.3]`, () => {
      assert.deepEqual(agreed[window], { equal: 1, largestDifference: 0 });
    });

  it('every line is known for one of ejabberd, and every event is believed [10.3]', () => {
    assert.deepEqual([counts.foreign, counts.rejected], [0, 0]);
  });

  it('history says the same, and knows the server by its lines [10.3]', async () => {
    const settings = ['--timezone', 'America/St_Johns', '--format', 'csv'];
    const { code, out } = await run(['history', ...settings, ...CAMPAIGN.map(pathOf)]);
    assert.equal(code, 0);
    assert.deepEqual(agreement(TRUTH, parseCounts(out)).d1, { equal: 1, largestDifference: 0 });
  });
});

const RENAMED = ['ejabberd.log.renamed.gz', 'ejabberd.log'];

describe('every situation once', () => {
  for (const version of ['24.12', '26.07'])
    for (const [layout, files, isAllThere] of [
      ['file', RENAMED, false],
      ['console', ['console-stdout.txt.gz'], true],
    ] as const)
      test(`ejabberd ${version}, ${layout}: its sessions are those of the clients [10.3]`, () => {
        const [events, counts] = ejabberdEvents(Buffer.concat(files.map((file) => fileOf(`${version}/${file}`))));
        const stays = staysIn(events);
        // What is killed with -9 takes lines with it that had not been written yet.
        const truth = truthIn(fileOf(`${version}/probe.truth.jsonl`).toString()).filter(
          ({ how }) => isAllThere || how !== 'server killed',
        );
        // The client wrote no end of the MQTT session that the same client id ended.
        const known = truth.map((stay) => (stay.to === undefined ? { ...stay, to: stay.from } : stay));
        assert.deepEqual([missing(known, stays), missing(stays, known)], [[], []]);
        assert.deepEqual([counts.foreign, counts.rejected, counts.quoted], [0, 0, 2]);
      });

  for (const file of ['01-info.log', '06-console-stdout-foreground.log'])
    test(`ejabberd 23.01, ${file}: its sessions are those of the clients [10.3]`, () => {
      const truth = truthIn(fileOf('23.01/s1-info.truth.jsonl').toString());
      const until = Math.max(...truth.map(({ to = 0 }) => to));
      const stays = staysIn(ejabberdEvents(fileOf(`23.01/${file}`))[0]).filter(({ from }) => from < until);
      // Of two MQTT sessions in its last second the driver noted one.
      const others = missing(stays, truth).filter(({ jid }) => jid.includes('/'));
      assert.deepEqual([missing(truth, stays), others], [[], []]);
    });

  for (const end of ['\n', '\r\n'])
    test(`ejabberd 23.01, processes that crash, lines that end with ${JSON.stringify(end)}: their sessions end with them [10.3]`, () => {
      const text = fileOf('23.01/04-misc-anon-fail2ban-ping-hidden_ip-crash.log').toString('latin1');
      const stays = staysIn(ejabberdEvents(Buffer.from(text.replaceAll('\n', end), 'latin1'))[0]);
      const crashed = stays.filter(({ jid }) => jid === 'alice@example.test/crash');
      assert.deepEqual(
        crashed.map(({ from, to = Infinity }) => to - from),
        [1, 0],
      );
      assert.deepEqual(missing(truthIn(fileOf('23.01/s7-misc.truth.jsonl').toString()), stays), []);
    });

  test('lines that a remote party forged, to the byte: nobody is created, ended or removed [10.8]', () => {
    const [events, counts] = ejabberdEvents(fileOf('23.01/05-injection-clean-lines.log'));
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['server-start'],
    );
    assert.equal(counts.quoted, 4);
  });

  test('names as they were typed: one user however the case was [10.3]', () => {
    const [events] = ejabberdEvents(fileOf('23.01/07-case-and-odd-names.log'));
    const users = new Set(events.flatMap((event) => ('user' in event ? [event.user] : [])));
    assert.ok(users.has('alice@example.test') && users.has('upper@example.test'));
    assert.ok([...users].every((user) => user === user.toLowerCase()));
  });
});
