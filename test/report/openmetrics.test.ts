/** Figures in the text form of OpenMetrics. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMetrics } from '../../src/report/openmetrics.ts';

test('a family has its type and its help, a counter its suffix, and labels are escaped [11.1]', () => {
  const text = openMetrics([
    { name: 'a', type: 'gauge', help: 'one', points: [{ labels: { host: 'x"\\\ny', period: '1d' }, value: 2 }] },
    { name: 'b', type: 'counter', help: 'two\nlines', points: [{ value: 0 }] },
    { name: 'c', type: 'gauge', help: 'of which there is none', points: [] },
  ]);
  const lines = [
    '# TYPE a gauge',
    '# HELP a one',
    'a{host="x\\"\\\\\\ny",period="1d"} 2',
    '# TYPE b counter',
    '# HELP b two\\nlines',
    'b_total 0',
    '# EOF',
  ];
  assert.equal(text, `${lines.join('\n')}\n`);
});
