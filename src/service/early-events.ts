/**
 * Events of instants that are still to be counted, set aside while lines before that instant may follow. The rules go by the
 * order of the lines: so what is set aside of a session, of a user or of all is taken in before anything else of them is.
 */
import { Subjects } from '../activity/session-events.ts';
import type { Sessions } from '../activity/sessions.ts';
import { EventBatch } from '../format/event-batch.ts';

const NO_LINES = Buffer.alloc(0);

export class EarlyEvents {
  /** In the order of the lines. */
  #events = new EventBatch(NO_LINES);
  /** Whose each of them is. */
  #of: Sessions[] = [];

  get count(): number {
    return this.#of.length;
  }

  /** Sets an event of a batch aside; the batch may then go. */
  add(sessions: Sessions, batch: EventBatch, event: number): void {
    sessions.copy(batch, event, this.#events);
    this.#of.push(sessions);
  }

  /** Takes in an event of a batch, and before it what was set aside of the same session or user. */
  takeWith(sessions: Sessions, batch: EventBatch, event: number): void {
    if (this.#of.length > 0) {
      const due = this.#of.map(() => false);
      this.#pull(due, new Map([[sessions, new Subjects(sessions.subjectIn(batch, event))]]));
      this.#take(due, due);
    }
    sessions.takeFrom(batch, event);
  }

  /** The same of those from `first` up to `end`, exclusive. */
  takeRunWith(sessions: Sessions, batch: EventBatch, first: number, end: number): void {
    if (this.count === 0) return sessions.takeRun(batch, first, end);
    for (let event = first; event < end; event++) this.takeWith(sessions, batch, event);
  }

  /** Takes in what happened up to `instant`, unix seconds, and with it what stands before it of the same session or user. */
  takeUntil(instant: number): void {
    const isPast = this.#of.map((_, early) => this.#events.at(early) <= instant);
    const due = [...isPast];
    this.#pull(due, new Map());
    this.#take(
      due,
      isPast.map((past) => !past),
    );
  }

  /**
   * What stands before that which is due, and is about the same, is due, too. There may be very many, so each is looked at once, the
   * last one first. `behind`: what is due behind all of them.
   */
  #pull(due: boolean[], behind: Map<Sessions, Subjects>): void {
    // Where all are, or none is, there is nothing to be found out.
    if (behind.size === 0 && !(due.includes(true) && due.includes(false))) return;
    for (let early = due.length - 1; early >= 0; early--) {
      const sessions = this.#of[early]!;
      const subjects = behind.get(sessions);
      if (due[early] !== true && !subjects) continue;
      const subject = sessions.subjectIn(this.#events, early);
      due[early] ||= subjects?.concern(subject) === true;
      if (due[early] !== true) continue;
      if (subjects) subjects.add(subject);
      else behind.set(sessions, new Subjects(subject));
    }
  }

  /** `isAhead`: those that are taken in before the count that they come behind. */
  #take(due: readonly boolean[], isAhead: readonly boolean[]): void {
    if (!due.includes(true)) return;
    const [events, owners] = [this.#events, this.#of];
    [this.#events, this.#of] = [new EventBatch(NO_LINES), []];
    for (const [event, sessions] of owners.entries()) {
      if (due[event]) {
        if (isAhead[event]) sessions.noteBefore(events, event);
        sessions.takeFrom(events, event);
      } else {
        this.#events.addFrom(events, event);
        this.#of.push(sessions);
      }
    }
  }
}
