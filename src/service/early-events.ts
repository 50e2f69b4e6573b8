/**
 * Events of instants that are still to be counted, set aside while lines before that instant may follow. The rules go by the
 * order of the lines: so what is set aside of a session, of a user or of all is taken in before anything else of them is.
 */
import { isOneSubject, type Subject } from '../activity/session-events.ts';
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
      this.#pull(due, due.length, sessions, sessions.subjectIn(batch, event));
      this.#pullAll(due);
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
    this.#pullAll(due);
    this.#take(
      due,
      isPast.map((past) => !past),
    );
  }

  /** What stands before that which is due is, too. */
  #pullAll(due: boolean[]): void {
    for (let late = due.lastIndexOf(true); late > due.indexOf(false); late--) {
      const sessions = this.#of[late]!;
      if (due[late]) this.#pull(due, late, sessions, sessions.subjectIn(this.#events, late));
    }
  }

  /** What stands before `end`, and is about the same, is due. */
  #pull(due: boolean[], end: number, sessions: Sessions, subject: Subject): void {
    for (let early = 0; early < end; early++)
      due[early] ||= this.#of[early] === sessions && isOneSubject(sessions.subjectIn(this.#events, early), subject);
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
