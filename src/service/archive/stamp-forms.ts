/**
 * Which form the stamps of each file have. What a file alone leaves open, the other files of its name may tell; what they
 * leave open, too, is not read, as day and month exchanged would be other days.
 */
import { chooseForm, type Choice, type Reading } from '../../format/time/stamp-choice.ts';
import type { StampForm } from '../../format/time/stamp-form.ts';
import type { Problem } from '../../source/files/archive-error.ts';
import type { Probe } from './probe.ts';
import { rotatedName } from '../../source/files/rotated-name.ts';

export interface Stamped extends Probe {
  readonly stamps: Reading;
  /** False where the stamps are the same times in several forms, as on 2 February: further lines may tell. */
  readonly isCertain: boolean;
}

/** Files without any stamp are in neither list. `now`: unix seconds. */
export function settleForms(
  looks: readonly Probe[],
  now: number,
): { readonly stamped: readonly Stamped[]; readonly problems: readonly Problem[] } {
  const chosen = looks
    .filter(({ readings }) => readings.length > 0)
    .map((look) => ({ look, choice: chooseForm(look.readings, evidenceOf(look, now)) }));
  const known = new Map<string, Set<StampForm>>();
  for (const { look, choice } of chosen) {
    const [first] = choice.readings;
    if (!first || choice.readings.length > 1) continue;
    const log = logOf(look);
    known.set(log, (known.get(log) ?? new Set()).add(first.form));
  }
  const settled = chosen.map(({ look, choice }) => ({ look, stamped: settle(look, choice, known.get(logOf(look))) }));
  return {
    stamped: settled.flatMap(({ stamped }) => (stamped ? [stamped] : [])),
    problems: settled.flatMap(({ look, stamped }) => (stamped ? [] : [ambiguous(look)])),
  };
}

const logOf = ({ path }: Probe): string => rotatedName(path).log;

function evidenceOf({ path, gzipTime, fileTimes }: Probe, now: number) {
  const { date } = rotatedName(path);
  return { times: [...fileTimes, gzipTime, date].filter((time) => time !== undefined), now };
}

function settle(look: Probe, { readings, isAlike }: Choice, known: ReadonlySet<StampForm> = new Set()) {
  const [told, another] = readings.length === 1 ? readings : readings.filter(({ form }) => known.has(form));
  if (told && !another) return { ...look, stamps: told, isCertain: true };
  const [first] = readings;
  return first && isAlike ? { ...look, stamps: first, isCertain: false } : undefined;
}

function ambiguous({ path, readings, sampleLines }: Probe): Problem {
  const form = readings[0]?.form;
  const line = sampleLines.find((each) => form?.read(each, 0)) ?? '';
  const stamp = line.slice(0, form?.read(line, 0)?.end);
  const sentence = `${path} is not read: its time stamps (${stamp}) fit more than one form, and neither their order nor the time of the file tells which: set timestamps in its [[log]], or --timestamps, as in "%d/%m/%Y %H:%M:%S"`;
  return { path, severity: 'error', code: 'AMBIGUOUS', sentence };
}
