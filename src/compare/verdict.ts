/** Owns the answer to *did it break anything?* */
import type { Change, ComparedSubject, CompareVerdict, Subject } from '../model/compare.ts';
import { amountsOf } from './change.ts';

const PEERS: readonly Subject['kind'][] = ['peer', 'peer-port'];

/** `isKnown`: whether what broke would be seen. */
export function verdictOf(changes: readonly ComparedSubject[], isKnown: boolean): CompareVerdict {
  // A port may have been allowed for one peer and be denied to another: only peers prove that something broke.
  const isPeers = (...which: Change[]) =>
    changes.some(({ subject, change }) => PEERS.includes(subject.kind) && which.includes(change));
  if (isPeers('became-denied', 'denied-instead')) return 'broken';
  if (changes.some(isNewlyDenied)) return 'newly-denied';
  if (changes.some(isQuiet)) return 'gone-quiet';
  if (!isKnown) return 'unknown';
  return isPeers('became-allowed', 'allowed-instead', 'partly-allowed') ? 'opened' : 'unbroken';
}

function isNewlyDenied({ change, after }: ComparedSubject): boolean {
  return (
    ['became-denied', 'denied-instead', 'partly-denied'].includes(change) ||
    (change === 'new' && amountsOf(after).denied > 0)
  );
}

function isQuiet({ change, before, isCertain }: ComparedSubject): boolean {
  const { allowed, audited } = amountsOf(before);
  return isCertain && (change === 'no-longer-allowed' || (change === 'gone' && allowed + audited > 0));
}
