import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { ActiveWindow, WINDOWS } from '../../src/activity/active-window.ts';

const NOW = 1_772_413_200;

describe('the windows of a host', () => {
  for (const [i, window] of WINDOWS.entries())
    for (const [what, at, counted] of [
      ['just inside', NOW - window + 1, 1],
      ['on the edge, which is outside', NOW - window, 0],
      ['just outside', NOW - window - 1, 0],
    ] as const) {
      it(`of ${window} s: a user last seen ${what}`, () => {
        const active = new ActiveWindow();
        active.count(at, 1);
        assert.equal(active.at(NOW)[i], counted);
      });

      it(`of ${window} s: a user last seen ${what}, after earlier counts`, () => {
        const active = new ActiveWindow();
        active.count(at, 1);
        assert.equal(active.at(at)[i], 1);
        for (const before of [7201, 3600, 1]) active.at(NOW - before);
        assert.equal(active.at(NOW)[i], counted);
      });
    }

  it('hold a user with an open session for ever', () => {
    const active = new ActiveWindow();
    active.countOpen(1);
    assert.deepEqual(active.at(NOW), [1, 1, 1]);
    assert.deepEqual(active.at(NOW + 3 * 31_536_000), [1, 1, 1]);
    active.countOpen(-1);
    assert.deepEqual(active.at(NOW + 3 * 31_536_000), [0, 0, 0]);
  });

  it('take a user out who was counted before the edge passed them, and only once', () => {
    const active = new ActiveWindow();
    active.count(NOW, 1);
    active.count(NOW + 10, 1);
    active.at(NOW + WINDOWS[2] + 5);
    active.count(NOW, -1);
    assert.deepEqual(active.at(NOW + WINDOWS[2] + 6), [0, 0, 1]);
    active.count(NOW + 10, -1);
    assert.deepEqual(active.at(NOW + WINDOWS[2] + 7), [0, 0, 0]);
  });

  it('cost no more than what they hold, however long the silence between two counts', () => {
    const active = new ActiveWindow();
    const begun = performance.now();
    for (let i = 0; i < 100; i++) {
      active.count(NOW + i * 1e9, 1);
      active.at(NOW + i * 1e9 + 5e8);
    }
    assert.ok(performance.now() - begun < 1000);
  });

  it('equal a count of all seconds, for users in any order and times that never go back', () => {
    const edge = fc
      .tuple(fc.constantFrom(0, 3600, ...WINDOWS), fc.integer({ min: -2, max: 2 }), fc.integer({ min: 0, max: 30 }))
      .map(([window, second, hours]) => window + second + hours * 3600);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('come' as const), ago: edge }),
      fc.record({ kind: fc.constant('go' as const), which: fc.nat() }),
      fc.record({
        kind: fc.constant('pass' as const),
        seconds: fc.oneof(
          edge.filter((s) => s >= 0),
          fc.nat(200 * 86_400),
        ),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const active = new ActiveWindow();
        const seconds: number[] = [];
        let now = NOW;
        for (const step of steps) {
          if (step.kind === 'come') {
            seconds.push(now - step.ago);
            active.count(now - step.ago, 1);
          } else if (step.kind === 'go') {
            const [gone] = seconds.splice(step.which % Math.max(seconds.length, 1), 1);
            if (gone !== undefined) active.count(gone, -1);
          } else {
            now += step.seconds;
            const expected = WINDOWS.map((window) => seconds.filter((second) => now - second < window).length);
            assert.deepEqual(active.at(now), expected);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
