/** What a scanner may decide without the parser, which the dialect names as data. */
import { KINDS } from './event-words.ts';
import { BEHIND_LEVEL, LAYOUTS, type Layout } from './layouts.ts';

/**
 * What stands behind the beginning of a message: nothing; a JID and perhaps a role; anything; and of a named event, as rests.ts has it: a
 * full JID and what a named end has behind it; the same of a connection that is told from where, with its traffic; fields, of which one
 * has a full JID; the JID of a login, or of a session that is closed, and somewhere behind it the connection.
 */
export type RestForm = 'nothing' | 'jid' | 'anything' | NamedForm;
export type NamedForm = 'full jid' | 'traffic' | 'fields' | 'login' | 'closing';

/** A message that comes often. */
export interface Shortcut {
  /** Of a named one the event has the full JID. */
  readonly kind: 'connect' | 'start' | 'end' | 'over' | 'named start' | 'named end' | 'named bind';
  /** The message from its first character. */
  readonly begins: string;
  readonly rest: RestForm;
  /** A rest that is no shortcut. */
  readonly except?: string;
  /** What is in no rest of a shortcut. */
  readonly without?: string;
  /** The module that prints it, of fields how their `at` begins; another one's is the parser's. */
  readonly by?: string;
  /** The session's id is made of the full JID; by default it is the source, or the connection. */
  readonly isOfJid?: true;
}

/** What may be decided of the lines of one level without the parser. */
export interface LevelPlan {
  /** Empty: the same is decided of all levels. */
  readonly word: string;
  readonly shortcuts: readonly Shortcut[];
  /** Beginnings of the messages that are the parser's. All others say nothing. */
  readonly others: readonly string[];
}

/** What is the same at all levels. */
export interface Rules {
  readonly layout: Layout;
  /** The second word of messages that are the parser's, whatever the first one is. */
  readonly secondWord?: string;
  /** What makes any message the parser's that says nothing otherwise. */
  readonly suspect?: string;
}

export interface Needle {
  readonly bytes: Buffer;
  /** 0: the parser's. */
  readonly kind: number;
  readonly rest: RestForm;
  readonly except: Buffer | undefined;
  readonly without: Buffer | undefined;
  readonly by: Buffer | undefined;
  readonly isOfJid: boolean;
}

export interface Level {
  readonly word: Buffer;
  /** By the first byte of the message. */
  readonly needles: readonly (readonly Needle[] | undefined)[];
}

const latin1 = (text: string | undefined): Buffer | undefined =>
  text === undefined ? undefined : Buffer.from(text, 'latin1');

/** A plan made ready to be scanned with. */
export class ScanPlan {
  /** By the first byte of their words. */
  readonly levels: readonly (Level | undefined)[];
  readonly layout: Layout;
  /** With the blanks around it. */
  readonly secondWord: Buffer | undefined;
  readonly suspect: Buffer | undefined;

  constructor(plans: readonly LevelPlan[], { layout, secondWord, suspect }: Rules = { layout: 'prosody' }) {
    const levels: (Level | undefined)[] = Array.from({ length: 256 });
    for (const plan of plans) {
      const level = levelOf(plan, BEHIND_LEVEL[layout]);
      if (plan.word === '') levels.fill(level);
      else levels[plan.word.charCodeAt(0)] = level;
    }
    this.levels = levels;
    this.layout = layout;
    this.secondWord = secondWord === undefined ? undefined : latin1(` ${secondWord} `);
    this.suspect = latin1(suspect);
  }

  get layoutNumber(): number {
    return LAYOUTS.indexOf(this.layout);
  }
}

function levelOf({ word, shortcuts, others }: LevelPlan, behind: string): Level {
  const needles: Needle[][] = Array.from({ length: 256 });
  const add = (begins: string, needle: Omit<Needle, 'bytes'>): void => {
    const bytes = Buffer.from(begins, 'latin1');
    (needles[bytes[0]!] ??= []).push({ bytes, ...needle });
  };
  for (const { kind, begins, rest, except, without, by, isOfJid = false } of shortcuts) {
    const texts = { except: latin1(except), without: latin1(without), by: latin1(by) };
    add(begins, { kind: KINDS[kind], rest, ...texts, isOfJid });
  }
  const none = { except: undefined, without: undefined, by: undefined, isOfJid: false };
  for (const begins of others) add(begins, { kind: 0, rest: 'anything', ...none });
  return { word: Buffer.from(word + behind, 'latin1'), needles };
}
