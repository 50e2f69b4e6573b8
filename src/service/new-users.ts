/** An empty table of users for a run of the program, and what is compiled to fill it: the scanners, the rules, and what takes records apart. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CompiledRules } from '../activity/compiled-rules.ts';
import { Users } from '../activity/user-table.ts';
import type { Config } from '../config/config.ts';
import { CompiledRecords } from '../format/envelopes/compiled-records.ts';
import { CompiledScanner, ScannerMemory } from '../format/scanner/compiled-scanner.ts';
import { SharedMemory } from '../format/shared-memory.ts';
import type { ScanPlan } from '../format/scanner/plan.ts';
import { Scanner, type LineScanner } from '../format/scanner/scanner.ts';

/** Made by `npm run build`. */
const SCANNER = new URL('../format/scanner/compiled/scanner.wasm', import.meta.url);
const RECORDS = new URL('../format/envelopes/compiled/records.wasm', import.meta.url);
const RULES = new URL('../activity/compiled/rules.wasm', import.meta.url);

const memories = new WeakMap<Users, ScannerMemory>();
const rules = new WeakMap<Users, CompiledRules>();
const records = new WeakMap<Users, CompiledRecords>();
const scanners = new WeakMap<Users, Map<ScanPlan, LineScanner>>();

/** Of `Config`. */
interface Counted {
  readonly count: Pick<Config['count'], 'exclude' | 'includeDisabled'>;
}

export function newUsers({ count }: Counted): Users {
  const memory = new SharedMemory();
  const users = new Users({ ...count, seed: randomInt(2 ** 32), allocate: memory.allocate });
  memories.set(users, new ScannerMemory(readFileSync(SCANNER), memory));
  rules.set(users, new CompiledRules(readFileSync(RULES), memory));
  return users;
}

/** For many events at a time; undefined for users of another making. */
export const rulesFor = (users: Users): CompiledRules | undefined => rules.get(users);

/** For wrapped lines, made when there are such; undefined for users of another making. */
export function recordsFor(users: Users): CompiledRecords | undefined {
  if (!memories.has(users)) return undefined;
  const known = records.get(users) ?? new CompiledRecords(readFileSync(RECORDS));
  records.set(users, known);
  return known;
}

/** One scanner for each plan. For users of another making it is the definition itself. */
export function scannersFor(users: Users): (plan: ScanPlan) => LineScanner {
  const known = scanners.get(users) ?? new Map<ScanPlan, LineScanner>();
  scanners.set(users, known);
  const memory = memories.get(users);
  const make = (plan: ScanPlan): LineScanner =>
    memory ? new CompiledScanner(users.names, plan, memory) : new Scanner(users.names, plan);
  return (plan) => {
    const scanner = known.get(plan) ?? make(plan);
    known.set(plan, scanner);
    return scanner;
  };
}
