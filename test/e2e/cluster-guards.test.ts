/** What keeps the union exact, each taken away: the counts are seen to be wrong. With all of it in place the same disturbances harm nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from '../cluster/model.ts';
import { ModelCluster } from '../cluster/model-cluster.ts';
import { SCRIPTS, type ScriptName, type Scripts } from '../../src/cluster/scripts/scripts.ts';
import { SEED } from '../properties.ts';
import { ask } from './redis-faults.ts';
import { RedisLab } from './redis-lab.ts';

const MOST_STEPS = 150;

interface Guard {
  readonly name: string;
  /** By script: what stands there, and what stands there without the guard. */
  readonly without: Partial<Record<ScriptName, readonly [string, string]>>;
  readonly disturb: (lab: RedisLab, cluster: ModelCluster, turn: number, isWithout: boolean) => Promise<void>;
}

/** Breaks off the sending of all users, after a few pieces of it: the node is killed, having stored what it has sent, which all has come. */
async function breakOff(lab: RedisLab, cluster: ModelCluster): Promise<void> {
  const [node] = cluster.nodes;
  const { outbox } = node!;
  const { resyncs, most } = outbox;
  outbox.most = 1;
  const broken = new Promise<void>((resolve) => {
    outbox.onSent = () => {
      if (outbox.resyncs === resyncs) return;
      outbox.most = 0;
      if (!outbox.isQuiet) return;
      outbox.store();
      outbox.onSent = () => {};
      outbox.most = most;
      resolve(node!.kill());
    };
  });
  await ask(lab, (client) => client.flushall());
  await broken;
}

/** All is lost but the numbers of the batches. */
const LOSE_ALL_ELSE = `
local numbers = redis.call('HGETALL', KEYS[1])
redis.call('FLUSHALL')
return redis.call('HSET', KEYS[1], unpack(numbers))
`;

const GUARDS: readonly Guard[] = [
  {
    name: 'the login in the fraction of the score',
    without: { apply: ['return seen - (UNIT - 1 - (score - seen) * UNIT)', 'return seen'] },
    disturb: async () => {},
  },
  {
    name: 'the flag of a node that sends all again',
    without: { reset: ["redis.call('HSET', KEYS[1], node .. ':r', 1)", ''] },
    disturb: async (lab, cluster, turn) => {
      if (turn % 4 === 3) await breakOff(lab, cluster);
    },
  },
  {
    name: 'the sequence of batches',
    without: {},
    disturb: async (lab, { nodes }, turn, isWithout) => {
      if (turn % 4 !== 3) return;
      await ask(lab, (client) =>
        isWithout ? client.eval(LOSE_ALL_ELSE, 1, nodes[0]!.union.keys.slot(0)) : client.flushall(),
      );
    },
  },
];

function scriptsWithout({ without }: Guard): Scripts {
  const scripts: Record<ScriptName, string> = { ...SCRIPTS };
  for (const [script, [guard, instead]] of Object.entries(without) as [ScriptName, readonly [string, string]][]) {
    assert.ok(scripts[script].includes(guard), `${script} has no such guard: ${guard}`);
    scripts[script] = scripts[script].replace(guard, instead);
  }
  return scripts;
}

/** How many steps it took until a count was wrong. */
async function stepsUntilWrong(guard: Guard, most: number, scripts?: Scripts): Promise<number> {
  const lab = await RedisLab.start();
  const random = randomFrom(SEED + 7);
  const options = { url: lab.url, nodes: 3, slots: 1, users: 40, random, ...(scripts && { scripts }) };
  const cluster = new ModelCluster(options);
  try {
    for (let step = 0; step < most; step++) {
      await cluster.step(() => guard.disturb(lab, cluster, step, scripts !== undefined));
      if (cluster.wrong.length > 0) return step;
    }
    return Infinity;
  } finally {
    await cluster.end();
    await lab.close();
  }
}

for (const guard of GUARDS)
  test(`without ${guard.name} a count is wrong, and with it none [12.2]`, async () => {
    const steps = await stepsUntilWrong(guard, MOST_STEPS, scriptsWithout(guard));
    assert.notEqual(steps, Infinity);
    assert.equal(await stepsUntilWrong(guard, steps + 1), Infinity);
  });
