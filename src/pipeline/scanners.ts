/** The scanners of a table of users, one for each plan: scanning finds the users by their names. */
import type { Users } from '../activity/users.ts';
import { Scanner, type LineScanner, type ScanPlan } from '../dialect/scanner.ts';

const scanners = new WeakMap<Users, Map<ScanPlan, LineScanner>>();

export function scannersFor(users: Users): (plan: ScanPlan) => LineScanner {
  const known = scanners.get(users) ?? new Map<ScanPlan, LineScanner>();
  scanners.set(users, known);
  return (plan) => {
    const scanner = known.get(plan) ?? new Scanner(users.names, plan);
    known.set(plan, scanner);
    return scanner;
  };
}
