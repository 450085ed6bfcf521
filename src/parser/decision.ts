/** The middle of a verdict line, from the direction to the match: few texts up to the match, which come again and again. */
import { ruleKey } from '../model/decision-key.ts';
import type { Action, Dialect, Direction, MatchType } from '../model/event.ts';
import { type Cursor, toText, toWord, type Word, wordOf } from './bytes.ts';
import { ACTION_WORDS, AUTH_WORD, MATCH_WORDS } from './words.ts';

export interface Decision {
  readonly direction: Direction;
  readonly action: Action;
  readonly audit: boolean;
  readonly auth: string | null;
  /** The part of `decisionKey` that these are. */
  readonly key: number;
}

export const NO_DECISION: Decision = { direction: 'ingress', action: 'allow', audit: false, auth: null, key: 0 };

const INGRESS = toWord(' ingress');
const EGRESS = toWord(' egress');
const TRUE = toWord(' true');
const FALSE = toWord(' false');
const ACTION = toWord(' action ');
const AUTH = toWord(' auth: ');
const MATCH = toWord(' match ');
const COMMA = 44;
const DISABLED = 'disabled';

/** A power of two; what falls on another's slot takes it over. */
const SLOTS = 1024;
/** Eight bytes each: as much as tells the texts apart, and never so much that it reaches into the addresses. */
const SAMPLES: Readonly<Record<Dialect, number>> = { cilium: 4, accuknox: 5 };

interface Kept {
  readonly word: Word;
  readonly dialect: Dialect;
  readonly decision: Decision;
}

export class Decisions {
  private readonly slots: (Kept | null)[] = [];

  constructor() {
    for (let i = 0; i < SLOTS; i++) this.slots.push(null);
  }

  /** Steps over the text up to the match; null where it is none, with the cursor at what was wrong. */
  take(cursor: Cursor, dialect: Dialect): Decision | null {
    const sample = cursor.sample(SAMPLES[dialect]);
    if (sample < 0) return takeDecision(cursor, dialect);
    const slot = sample & (SLOTS - 1);
    const kept = this.slots[slot] ?? null;
    if (kept !== null && kept.dialect === dialect && cursor.take(kept.word)) return kept.decision;
    const start = cursor.at;
    const decision = takeDecision(cursor, dialect);
    if (decision !== null) {
      this.slots[slot] = { word: wordOf(cursor.bytes.slice(start, cursor.at)), dialect, decision };
    }
    return decision;
  }
}

function takeDecision(cursor: Cursor, dialect: Dialect): Decision | null {
  const direction = takeDirection(cursor);
  if (direction === null || !cursor.take(ACTION)) return null;
  const word = ACTION_WORDS.values[cursor.takeOneOf(ACTION_WORDS)];
  if (word === undefined) return null;
  const { action, audit, patched } = word;
  if (dialect === 'cilium' && (patched || audit !== (action === 'audit'))) return null;
  let auth: string | null = null;
  if (cursor.take(AUTH)) {
    auth = takeAuth(cursor);
    if (auth === null) return null;
  }
  return cursor.take(MATCH) ? { direction, action, audit, auth, key: ruleKey(direction, action, auth) } : null;
}

export function takeMatch(cursor: Cursor): MatchType | null {
  return MATCH_WORDS.values[cursor.takeOneOf(MATCH_WORDS)] ?? null;
}

function takeDirection(cursor: Cursor): Direction | null {
  let direction: Direction = 'egress';
  if (cursor.take(INGRESS)) {
    // `ingress true` and `ingress false` up to 1.8.
    if (!cursor.take(FALSE)) direction = 'ingress';
    if (direction === 'ingress') cursor.take(TRUE);
  } else if (!cursor.take(EGRESS)) {
    return null;
  }
  return cursor.takeByte(COMMA) ? direction : null;
}

function takeAuth(cursor: Cursor): string | null {
  const start = cursor.at;
  const length = cursor.takeField();
  const auth = toText(cursor.bytes, start, start + length);
  if (!AUTH_WORD.test(auth) || !cursor.takeByte(COMMA)) return null;
  // The literal is one and the same string for everybody, so that comparing with it later is free.
  return auth === DISABLED ? DISABLED : auth;
}
