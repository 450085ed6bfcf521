/** Owns the words for what two summaries say together: who, what became of them, and the answer in one sentence. */
import type {
  Change,
  ComparedPolicy,
  ComparedSubject,
  CompareNote,
  CompareReport,
  Credit,
  Subject,
} from '../model/compare.ts';
import type { Direction } from '../model/event.ts';
import { peerTitles, withMore } from './peer-title.ts';
import { plural, policyText } from './phrases.ts';
import { printable } from './printable.ts';

const CHANGE: Readonly<Record<Change, string>> = {
  'became-denied': 'allowed → denied',
  'partly-denied': 'denied as well',
  'denied-instead': 'allowed → denied',
  'no-longer-allowed': 'only denied',
  'became-allowed': 'denied → allowed',
  'allowed-instead': 'denied → allowed',
  'partly-allowed': 'allowed as well',
  'no-longer-denied': 'only allowed',
  'became-audited': 'in audit mode',
  'no-longer-audited': 'audit mode over',
  new: 'new',
  gone: 'gone',
};

/** A question mark is what rests on an absence from incomplete data. */
export function changeText({ change, isCertain, after }: ComparedSubject): string {
  const denied = change === 'new' && after.some((credit) => credit.denied > 0) ? ', denied' : '';
  return CHANGE[change] + denied + (isCertain ? '' : '?');
}

export function policyChangeText({ change, rates, isCertain }: ComparedPolicy): string {
  if (change === 'new' || change === 'gone') return `${change}${isCertain ? '' : '?'}`;
  const changed = (['denied', 'allowed'] as const).flatMap((name) =>
    rates === null || rates[name] === 'same' ? [] : [`${rates[name]} ${name}`],
  );
  return changed.length === 0 ? 'same' : changed.join(', ');
}

export type SubjectTitle = (each: Pick<ComparedSubject, 'subject' | 'direction'>) => string;

/** In a sentence a peer is a person: `default/tiefighter (ingress)`. */
function sentenceTitles(report: Pick<CompareReport, 'changes'>): SubjectTitle {
  const title = subjectTitles(report);
  return (each) => {
    if (!('identity' in each.subject)) return title(each);
    return withMore(title(each).replace(/^(?:from|to) /, ''), each.direction ?? '');
  };
}

/** `from default/tiefighter`, `to cidr:10.0.0.0/8`, `ingress port 80/TCP`; labels where one name means several. */
export function subjectTitles({ changes }: Pick<CompareReport, 'changes'>): SubjectTitle {
  const peers = changes.flatMap(({ subject }) => ('identity' in subject ? [countless(subject)] : []));
  const unique = [...new Map(peers.map((peer) => [JSON.stringify([peer.name, peer.labels]), peer])).values()];
  const peerTitle = peerTitles(unique, false);
  return ({ subject, direction }) => {
    const side = direction === 'egress' ? 'to' : 'from';
    switch (subject.kind) {
      case 'peer':
        return `${side} ${peerTitle(countless(subject))}`;
      case 'peer-port':
        return `${side} ${peerTitle(countless(subject))} on ${portTitle(subject)}`;
      case 'port':
        return withSide(direction, portTitle(subject));
      case 'requests':
        return `${printable(subject.protocol)} (${withSide(direction, 'requests')})`;
    }
  };
}

function portTitle({ protocol, port }: Pick<Extract<Subject, { kind: 'port' }>, 'protocol' | 'port'>): string {
  return `port ${printable(`${port === null ? '' : `${port}/`}${protocol}`)}`;
}

function countless({ identity, name, labels }: Extract<Subject, { readonly identity: unknown }>) {
  return { identity, name, labels, allowed: 0, denied: 0 };
}

function withSide(direction: Direction | null, text: string): string {
  return direction === null ? text : `${direction} ${text}`;
}

/** `3 allowed, 21 denied`; several policies may be credited with the same verdicts, so that their numbers are not added. */
export function creditsText(credits: readonly Credit[], isPartial: boolean): string {
  const amounts = (['allowed', 'audited', 'denied'] as const).flatMap((name) => {
    const counts = credits.map((credit) => credit[name]).filter((count) => count > 0);
    if (counts.length === 0) return [];
    return [`${isPartial || counts.length > 1 ? '≥' : ''}${Math.max(...counts)} ${name}`];
  });
  return amounts.length === 0 ? '-' : amounts.join(', ');
}

/** `default/rule1 (CNP) → implicit-default-deny ← rule2`: who decided before and after. */
export function decidersText({ before, after }: Pick<ComparedSubject, 'before' | 'after'>): string {
  const [was, is] = [creditors(before), creditors(after)];
  if (was === is || is === '') return was;
  return was === '' ? is : `${was} → ${is}`;
}

function creditors(credits: readonly Credit[]): string {
  return credits.map(creditorText).join(', ');
}

export function creditorText({ policy, isolatedBy }: Pick<Credit, 'policy' | 'isolatedBy'>): string {
  const isolating = isolatedBy.map(({ name }) => printable(name)).join(' + ');
  return (policy === null ? 'policy not told' : policyText(policy)) + (isolating === '' ? '' : ` ← ${isolating}`);
}

/** The answer to *did it break anything?*, in plain words. */
export function verdictText(report: CompareReport): string {
  const title = sentenceTitles(report);
  const who = (found: readonly ComparedSubject[], one: string, many: string) => {
    // The same connections once more, told with less, say nothing new.
    const kinds: readonly Subject['kind'][] = ['peer-port', 'peer', 'port', 'requests'];
    const told = kinds.find((kind) => found.some(({ subject }) => subject.kind === kind));
    const [first, ...others] = found.filter(({ subject }) => subject.kind === told);
    if (first === undefined) return `something ${one}`;
    return others.length === 0 ? `${title(first)} ${one}` : `${title(first)} and ${others.length} more ${many}`;
  };
  const of = (holds: (change: ComparedSubject) => boolean) => report.changes.filter(holds);
  switch (report.verdict) {
    case 'broken': {
      const broken = of(isRefused);
      const answer = broken.some(({ change, isCertain }) => isCertain && change === 'became-denied')
        ? 'Yes, something broke'
        : 'Probably';
      return `${answer}: ${who(broken, 'was allowed before and is denied now', 'were allowed before and are denied now')}.`;
    }
    case 'newly-denied':
      return `Perhaps: ${who(of(isNewlyDenied), 'is denied now and was not before', 'are denied now and were not before')}.`;
    case 'gone-quiet':
      return `Perhaps: ${who(of(isQuiet), 'was allowed before and is no longer seen', 'were allowed before and are no longer seen')}.`;
    case 'opened':
      return `No, nothing that was allowed is denied. But ${who(of(isOpened), 'was denied before and is allowed now', 'were denied before and are allowed now')}.`;
    case 'unbroken':
      return report.changes.length === 0
        ? 'No, nothing changed.'
        : `No, nothing that was allowed is denied. ${plural(report.changes.length, 'other change')}.`;
    case 'unknown':
      return `Not known: nothing that was allowed is seen to be denied, but ${unknownText(report)}.`;
  }
}

/** Only of peers: a port may have been allowed for one and be denied to another. */
function isRefused({ subject, change }: ComparedSubject): boolean {
  return 'identity' in subject && ['became-denied', 'denied-instead'].includes(change);
}

function isNewlyDenied({ change, after }: ComparedSubject): boolean {
  return (
    ['became-denied', 'partly-denied'].includes(change) || (change === 'new' && after.some(({ denied }) => denied > 0))
  );
}

function isQuiet({ change, before, isCertain }: ComparedSubject): boolean {
  const wasAllowed = before.some(({ allowed, audited }) => allowed + audited > 0);
  return isCertain && (change === 'no-longer-allowed' || (change === 'gone' && wasAllowed));
}

function isOpened({ subject, change }: ComparedSubject): boolean {
  return 'identity' in subject && ['became-allowed', 'allowed-instead', 'partly-allowed'].includes(change);
}

function unknownText({ before, after }: CompareReport): string {
  const partial = [before.absenceIsProof ? '' : 'A', after.absenceIsProof ? '' : 'B'].filter((side) => side !== '');
  if (partial.length === 0) return 'one of the two has no verdicts at all';
  return `${partial.join(' and ')} ${partial.length > 1 ? 'are' : 'is'} not complete`;
}

const NOTE: Readonly<Record<CompareNote, string>> = {
  'nothing-seen': 'one of the two has no verdicts: Cilium reports new connections and denied packets only',
  'targets-differ': 'A and B are about different pods, which may be why something is new or gone',
  'filters-differ': 'A and B were filtered differently, which may be why something is new or gone',
  'types-differ': 'A and B listened for different types of events: only what both listened for is compared',
  'rows-omitted': 'rows were left out by --top: what is missing proves nothing',
  untimed: 'the window is unknown: amounts are compared, not rates',
  'shorter-window': "B's window is much shorter than A's: what is rare may be missing by chance",
  reversed: 'B is earlier than A',
};

export function noteText(note: CompareNote): string {
  return NOTE[note];
}

/** What `--fail-on` said. */
export function failOnText({ failOn }: Pick<CompareReport, 'failOn'>): readonly string[] {
  const SIGN = { held: '✔ held   ', failed: '✘ FAILED ', unknown: '? UNKNOWN' } as const;
  return failOn.map(({ criterion, judgement, found }) => {
    const why = judgement === 'unknown' ? ', but the data cannot tell' : '';
    return `${SIGN[judgement]} ${criterion}: ${found === 0 ? 'none' : String(found)}${why}`;
  });
}
