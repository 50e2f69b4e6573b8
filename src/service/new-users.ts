/** An empty table of users for a run of the program, and the scanners that find users in it by their names. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Users } from '../activity/user-table.ts';
import type { Config } from '../config/config.ts';
import { CompiledScanner, ScannerMemory } from '../format/scanner/compiled-scanner.ts';
import { Scanner, type LineScanner, type ScanPlan } from '../format/scanner/scanner.ts';

/** Made by `npm run build`. */
const COMPILED = new URL('../format/scanner/compiled/scanner.wasm', import.meta.url);

const memories = new WeakMap<Users, ScannerMemory>();
const scanners = new WeakMap<Users, Map<ScanPlan, LineScanner>>();

export function newUsers({ count }: Pick<Config, 'count'>): Users {
  const memory = new ScannerMemory(readFileSync(COMPILED));
  const users = new Users({ ...count, seed: randomInt(2 ** 32), allocate: memory.allocate });
  memories.set(users, memory);
  return users;
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
