/** Figures in the text forms of OpenMetrics and of Prometheus. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMetrics, prometheusText } from '../../src/report/openmetrics.ts';

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

test('in the form of Prometheus a counter has its suffix in its type, quotes in its help, and nothing is behind the last family [11.6]', () => {
  const text = prometheusText([
    { name: 'a', type: 'gauge', help: 'a "quote"', points: [{ labels: { host: 'x"\\\ny' }, value: 2 }] },
    { name: 'b', type: 'counter', help: 'two\nlines\\', points: [{ value: 0 }] },
  ]);
  const lines = [
    '# TYPE a gauge',
    '# HELP a a "quote"',
    'a{host="x\\"\\\\\\ny"} 2',
    '# TYPE b_total counter',
    '# HELP b_total two\\nlines\\\\',
    'b_total 0',
  ];
  assert.equal(text, `${lines.join('\n')}\n`);
});
