/** Stamps of a file that changed their form: those that have a year tell that of those that have none. */
import { chooseForm, readingsOf } from '../time/stamp-choice.ts';
import type { StampForm, WallTime } from '../time/stamp-form.ts';
import { waysThrough } from './turns.ts';

/** A form without a year, and one with it; each of one end of a file. */
export interface Mixed {
  readonly undated: StampForm;
  readonly dated: StampForm;
}

/** Lines at an end of a file whose form is that of the end. */
const AT_END = 5;

/** The forms of the two ends of a file; undefined where they are not of such two. Of each end are its lines in their order, of the server's own. */
export function mixedForms(
  first: readonly string[],
  last: readonly string[],
  forms: readonly StampForm[],
): Mixed | undefined {
  const [begin, end] = [formOf(first.slice(0, AT_END), forms), formOf(last.slice(-AT_END), forms)];
  if (!begin || !end || begin.hasYear === end.hasYear) return undefined;
  return begin.hasYear ? { dated: begin, undated: end } : { dated: end, undated: begin };
}

function formOf(lines: readonly string[], forms: readonly StampForm[]): StampForm | undefined {
  const { readings } = chooseForm(readingsOf(lines, forms));
  return readings.length === 1 ? readings[0]!.form : undefined;
}

/** Each with its year; undefined where they contradict each other. `walls`: in the order of the lines. */
export function withYears(walls: readonly WallTime[]): readonly WallTime[] | undefined {
  const [way] = waysThrough(walls, false);
  const points = way?.points ?? [];
  const known = points.find(({ wall }) => wall.year !== undefined);
  if (known?.wall.year === undefined) return undefined;
  const first = known.wall.year - known.turn;
  const isSo = points.every(({ wall: { year }, turn }) => year === undefined || year === first + turn);
  return isSo ? points.map(({ wall, turn }) => ({ ...wall, year: first + turn })) : undefined;
}
