/** Owns what is said in words of a policy's use: what is known, on what grounds, and never more than that. */
import { DIRECTIONS } from '../model/packet.ts';
import type { DirectionUse, NotEnforcedReason, PolicyReport, PolicyUse, Standing } from '../model/policy-report.ts';
import { cutTo } from './layout.ts';
import { durationText, lowerBoundSign, plural, timeText } from './phrases.ts';
import { printable } from './printable.ts';

const STANDING: Readonly<Record<Standing, string>> = {
  'selects-nobody': 'selects nobody',
  'not-enforced': 'not enforced',
  'not-seen': 'not seen',
  unclear: 'unclear',
  'rules-not-seen': 'rules not seen',
  seen: 'seen',
};

export function standingText(standing: Standing): string {
  return STANDING[standing];
}

const REASON: Readonly<Record<Exclude<NotEnforcedReason, 'rejected'>, string>> = {
  'no-rules': 'it has no rules and isolates nobody',
  'enforcement-off': 'the agent there enforces no policy in its direction',
  'not-realized': 'the realized policy there does not contain it',
  'audit-mode': 'audit mode: what it would refuse is let through',
};

/** What its counters and verdicts together say of its two directions. */
function bothWays({ byDirection }: PolicyUse): boolean {
  return DIRECTIONS.every((direction) => verdictsOf(byDirection[direction]) > 0);
}

function verdictsOf({ allowed, redirected, audited, denied }: DirectionUse): number {
  return allowed + redirected + audited + denied;
}

/** `yes`, `audit`, `no`, `1/3`, `?`; empty where the question makes no sense. */
export function enforcedText({ enforcement, selects }: PolicyUse): string {
  if (enforcement === null || selects === null) return '';
  switch (enforcement.status) {
    case 'enforced':
      return 'yes';
    case 'audited':
      return 'audit';
    case 'not-enforced':
      return 'no';
    case 'partly':
      return `${enforcement.enforced}/${enforcement.known}`;
    case 'unknown':
      return selects.pods + selects.others === 0 ? '' : '?';
  }
}

/** What a person has to know beside the numbers, the most telling first. */
export function useNotes(use: PolicyUse, report: PolicyReport): readonly string[] {
  return [
    ...existenceNotes(use),
    ...selectionNotes(use, report),
    ...enforcementNotes(use),
    ...sightingNotes(use, report),
  ];
}

function existenceNotes({ exists }: PolicyUse): readonly string[] {
  return exists === false ? ['seen in this window, but it does not exist (anymore)'] : [];
}

function selectionNotes({ policy, selects, standing }: PolicyUse, { scope }: PolicyReport): readonly string[] {
  if (selects === null) return [];
  const count = selects.pods + selects.others;
  if (count === 0) {
    const where = policy.namespace === null ? '' : ` in ${printable(policy.namespace)}`;
    return selects.isComplete
      ? [`no endpoint${where} has the labels that it selects`]
      : ['selects nobody known here, but not all endpoints could be checked'];
  }
  const notes: string[] = [];
  if (selects.emptySpecs > 0)
    notes.push(
      `${selects.emptySpecs} of its ${selects.specs} specs ${selects.emptySpecs === 1 ? 'selects' : 'select'} nobody`,
    );
  if (selects.listened > 0 && selects.listened < count && (scope.kind !== 'cluster' || standing !== 'seen'))
    notes.push(`listened to ${selects.listened} of the ${plural(count, 'endpoint')} that it selects`);
  return notes;
}

function enforcementNotes({ enforcement, selects }: PolicyUse): readonly string[] {
  if (enforcement === null || selects === null) return [];
  const { status, enforced, known, reasons, message } = enforcement;
  const refused = message === null ? [] : [refusalText(message, enforced)];
  const causes = reasons.flatMap((reason) => (reason === 'rejected' ? [] : [REASON[reason]])).join('; ');
  if (status === 'unknown' && selects.listened > 0)
    return [...refused, 'no agent that was listened to said whether it is enforced'];
  if (causes === '' || selects.pods + selects.others === 0) return refused;
  const share = status === 'partly' ? `enforced at ${enforced} of ${known} endpoints: ` : '';
  return [...refused, share + causes];
}

/** What it took once it holds to (Cilium pkg/policy/k8s, upsertCiliumNetworkPolicyV2). */
function refusalText(message: string, enforced: number): string {
  const held = enforced === 0 ? '' : '; what is enforced is an earlier version, or what other nodes accepted';
  return `Cilium refused it: ${printable(message)}${held}`;
}

function sightingNotes(use: PolicyUse, report: PolicyReport): readonly string[] {
  const { standing, seen, nodes, isolates, silent, traffic, byDirection } = use;
  const notes: string[] = [];
  const isHeard = verdictsOf(seen) + seen.defaultDenied + seen.defaultAudited > 0;
  if (standing === 'seen' && isHeard && nodes !== null && nodes.total > 1)
    notes.push(`seen on ${nodes.seen} of ${nodes.total} nodes`);
  if (standing === 'seen' && !isHeard && (traffic?.packets ?? 0) > 0)
    notes.push(
      `${notSeenText(use, report)}, but its entries counted packets, such as those of connections that were already open`,
    );
  if (bothWays(use))
    notes.push(`${verdictsOf(byDirection.ingress)} on ingress, ${verdictsOf(byDirection.egress)} on egress`);
  if (standing === 'rules-not-seen') {
    const where = isolates.length === 0 ? '' : ` (${isolates.join(', ')})`;
    const packets = `${lowerBoundSign(report)}${plural(seen.defaultDenied, 'packet')}`;
    const refused = seen.defaultDenied === 0 ? '' : `: ${packets} that no rule allowed`;
    notes.push(`its rules were ${notSeenText(use, report)}; it isolates${where}${refused}`);
  }
  if (standing === 'not-seen') {
    const isolating = isolates.length === 0 ? '' : `; it still isolates its pods (${isolates.join(', ')})`;
    notes.push(`${notSeenText(use, report)}${isolating}`);
  }
  if (standing === 'unclear' && nodes !== null && nodes.total > 0 && nodes.heard === 0)
    notes.push(
      `when the window ended, no agent was listened to on the ${nodes.total === 1 ? 'node' : `${nodes.total} nodes`} of its pods`,
    );
  if (silent > 0)
    notes.push(
      `${silent} of its endpoints ${silent === 1 ? 'reports' : 'report'} no verdicts (PolicyVerdictNotification is off)`,
    );
  if (seen.ambiguous > 0)
    notes.push(`${plural(seen.ambiguous, 'verdict')} more may be its own, or may belong to another policy`);
  if (seen.shared > 0) notes.push(`${seen.shared} of these are also credited to other policies`);
  if (traffic?.shared === true) notes.push('packets and bytes are also counted for other policies');
  if (seen.defaultAudited > 0)
    notes.push(`${seen.defaultAudited} would have been refused because it isolates, and were let through (audit mode)`);
  return notes;
}

/** `not seen in 10 min 0 s on 2 of 2 nodes`: what was looked at, not what is proved. */
function notSeenText({ observedSeconds, nodes, created }: PolicyUse, report: PolicyReport): string {
  const { window, completeness, rateLimited } = report;
  const seconds = observedSeconds ?? window.seconds;
  const age =
    seconds < window.seconds && created !== null ? ` since it was made at ${timeText(created, window.end)} UTC` : '';
  const where = nodes === null ? '' : ` on ${nodes.heard} of ${plural(nodes.total, 'node')}`;
  const isWhole = completeness.status === 'full' && rateLimited.length === 0;
  const doubt = isWhole ? '' : ', and not everything was heard';
  return `not seen in ${durationText(seconds)}${age}${where}${doubt}`;
}

/** Whose policies, and when; a name may be cut to fit, since when may not. */
export function policiesTitle(report: PolicyReport, width = Number.POSITIVE_INFINITY): string {
  const { source, window } = report;
  const isTimed = source.agents.length > 0;
  if (!isTimed && source.files.length > 0) return filesText(report);
  const since = isTimed ? ` · ${durationText(window.seconds)} since ${timeText(window.start, window.end)} UTC` : '';
  return cutTo(`policies of ${subjectText(report)}`, Math.max(LEAST_SUBJECT, width - since.length)) + since;
}

function filesText({ source }: PolicyReport): string {
  return source.files.map((file) => (file === '-' ? 'standard input' : printable(file))).join(', ');
}

const LEAST_SUBJECT = 20;

function subjectText(report: PolicyReport): string {
  const { scope, source, targets } = report;
  if (scope.kind === 'cluster') return 'the cluster';
  if (scope.kind === 'namespace') return `namespace ${printable(scope.namespace ?? '')}`;
  const [first, ...others] = targets;
  if (source.files.length > 0) return filesText(report);
  if (first === undefined && scope.kind === 'files') return 'the recording';
  if (first === undefined) return source.agents.map(({ node }) => printable(node)).join(', ');
  const rest = others.length === 0 ? '' : ` and ${plural(others.length, 'more pod')}`;
  return printable(`${first.namespace}/${first.pod}`) + rest;
}

const MOST_LIMITED = 3;

export function rateLimitText(limited: PolicyReport['rateLimited']): string {
  const least = Math.min(...limited.map(({ perSecond }) => perSecond));
  const named = limited.slice(0, MOST_LIMITED).map(({ node }) => printable(node));
  const rest = limited.length - named.length;
  const who = named.join(', ') + (rest > 0 ? ` and ${plural(rest, 'more node')}` : '');
  return `Events are rate-limited on ${who} (${least} per second, bpf-events-default-rate-limit): anything above that is dropped without a trace, so no count is certain.`;
}

/** What the words of the table mean, and what they do not prove. */
export function reportNotes(report: PolicyReport): readonly string[] {
  const { policies, unattributed, scope, listedFrom, source, rateLimited } = report;
  const notes: string[] = [];
  const isUnseen = policies.some(({ standing }) => standing === 'not-seen' || standing === 'rules-not-seen');
  if (isUnseen)
    notes.push(
      'Not seen does not mean unused: Cilium reports new connections and denied packets, but not connections that were already open.',
    );
  if (isUnseen && source.agents.some(({ dialect }) => dialect === 'accuknox'))
    notes.push(
      'The patched Cilium names only one of several policies that allow the same: because of that, the others are not seen.',
    );
  if (rateLimited.length > 0) notes.push(rateLimitText(rateLimited));
  if (policies.some(bothWays))
    notes.push(
      'A connection between two endpoints that a policy selects has a verdict at each end: if it has rules for both, both are counted.',
    );
  if (unattributed > 0)
    notes.push(
      `${plural(unattributed, 'verdict')} could not be attributed to a policy: one that was not seen may have made them.`,
    );
  if (scope.kind === 'files')
    notes.push(
      source.agents.length === 0
        ? 'Files do not say which policies exist, only which ones their lines name.'
        : 'A recording does not say which policies exist, only which ones were seen.',
    );
  if (listedFrom === 'agents') notes.push('You may not list policies: these are the ones that the agents have.');
  return notes;
}
