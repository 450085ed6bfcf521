/** Puts together what is known of every policy, the least useful first. */
import type { PolicyObject } from '../attribution/policy-object.ts';
import type { Direction } from '../model/event.ts';
import { type PolicyKind, type PolicyRef, policyKey } from '../model/policy.ts';
import {
  type DirectionUse,
  type PolicyReport,
  type PolicyUse,
  STANDINGS,
  type Standing,
} from '../model/policy-report.ts';
import type { RowTraffic, Summary } from '../model/summary.ts';
import type { Census } from './census.ts';
import { judgeEnforcement } from './enforcement.ts';
import { coverNodes, describeSelection, endpointsOf, isolatedDirections, type Selected } from './selection.ts';
import {
  type AllSeen,
  bothOf,
  NO_DIRECTION,
  readSightings,
  ruleSightings,
  type Seen,
  sightingsTotal,
  UNSEEN,
} from './sightings.ts';

/** What is known of the cluster; null for files. */
export interface KnownCluster {
  readonly listedFrom: 'api' | 'agents';
  readonly rateLimited: PolicyReport['rateLimited'];
  readonly policies: readonly PolicyObject[];
  readonly census: Census;
}

export function reportPolicies(
  summary: Summary,
  scope: PolicyReport['scope'],
  cluster: KnownCluster | null,
): PolicyReport {
  const { apiVersion, window, source, targets, completeness, records } = summary;
  const refs = (cluster?.policies ?? []).map(({ ref }) => ref);
  const seen = readSightings(summary, refs);
  const listened = { window, restTraffic: restTraffic(summary), nodes: new Set(source.agents.map(({ node }) => node)) };
  const uses = [...usesOfKnown(cluster, scope, seen, listened), ...usesOfOthers(cluster, refs, seen, listened)];
  return {
    apiVersion,
    kind: 'PolicyReport',
    scope,
    window,
    source,
    listedFrom: cluster?.listedFrom ?? null,
    targets,
    completeness,
    records,
    rateLimited: cluster?.rateLimited ?? [],
    policies: uses.toSorted(compareUses),
    unattributed: seen.unattributed,
  };
}

/** What was listened to, as a whole. */
interface Listened {
  readonly window: Summary['window'];
  readonly nodes: ReadonlySet<string>;
  /** Of policies that have no row; undefined where it was not asked for, null where nobody told. */
  readonly restTraffic: RowTraffic | null | undefined;
}

function restTraffic({ source, policies }: Summary): RowTraffic | null | undefined {
  const states = source.agents.flatMap(({ counters }) => counters ?? []);
  if (states.length === 0) return undefined;
  const isRead = states.includes('read') || policies.some(({ traffic }) => (traffic ?? null) !== null);
  const lowerBound = states.some((state) => state !== 'read');
  return isRead ? { packets: 0, bytes: 0, shared: false, lowerBound } : null;
}

/** What was seen of a policy, with what was counted where nothing was seen. */
function countedOf(seen: Seen | null, rest: RowTraffic | null | undefined): Counted {
  const of = (direction: Direction): DirectionUse => {
    const use = seen?.byDirection[direction] ?? NO_DIRECTION;
    return rest === undefined || use.traffic !== undefined ? use : { ...use, traffic: rest };
  };
  const byDirection = { ingress: of('ingress'), egress: of('egress') };
  const traffic = bothOf(byDirection.ingress.traffic, byDirection.egress.traffic);
  return { seen: seen?.sightings ?? UNSEEN, byDirection, ...(traffic === undefined ? {} : { traffic }) };
}

type Counted = Pick<PolicyUse, 'seen' | 'byDirection' | 'traffic'>;

function usesOfKnown(
  cluster: KnownCluster | null,
  scope: PolicyReport['scope'],
  seen: AllSeen,
  listened: Listened,
): PolicyUse[] {
  if (cluster === null) return [];
  const { census, policies } = cluster;
  return policies.flatMap((policy) => {
    const selected = endpointsOf(policy, census);
    const sighted = seen.policies.get(policyKey(policy.ref)) ?? null;
    const isThere = isInScope(policy.ref, scope, selected) || sighted !== null;
    return isThere ? [useOfKnown(policy, selected, sighted, census, listened)] : [];
  });
}

function isInScope({ namespace }: PolicyRef, scope: PolicyReport['scope'], selected: readonly Selected[]): boolean {
  if (scope.kind === 'cluster') return true;
  if (scope.kind === 'namespace' && namespace !== null) return namespace === scope.namespace;
  return selected.some(({ endpoint }) => endpoint.isWanted);
}

function useOfKnown(
  policy: PolicyObject,
  selected: readonly Selected[],
  seen: Seen | null,
  census: Census,
  { window, restTraffic: rest }: Listened,
): PolicyUse {
  const { ref, specs, status } = policy;
  const isListened = selected.some(({ endpoint }) => endpoint.isListened);
  const use = {
    policy: ref,
    exists: true,
    created: status.created,
    isolates: isolatedDirections(specs),
    selects: describeSelection(policy, selected, census),
    enforcement: judgeEnforcement(ref, specs, selected, status),
    // Of endpoints that nobody listened to nobody told.
    ...countedOf(seen, rest === undefined || isListened ? rest : null),
    nodes: coverNodes(selected, seen?.nodes ?? new Set()),
    silent: selected.filter(({ endpoint }) => endpoint.isListened && endpoint.realized?.reportsVerdicts === false)
      .length,
    observedSeconds: observedSeconds(status.created, window),
  };
  const hasRules = specs.some(({ rules }) => rules.ingress.length + rules.egress.length > 0);
  return { ...use, standing: standingOf(use, hasRules) };
}

function observedSeconds(created: string | null, { end, seconds }: Summary['window']): number | null {
  if (created === null) return null;
  const age = (Date.parse(end) - Date.parse(created)) / 1000;
  return Number.isNaN(age) ? null : Math.max(0, Math.min(seconds, age));
}

function standingOf(use: Omit<PolicyUse, 'standing'>, hasRules: boolean): Standing {
  const { seen, traffic, selects, enforcement, nodes, silent } = use;
  if (ruleSightings(seen) > 0 || (traffic?.packets ?? 0) > 0) return 'seen';
  if (sightingsTotal(seen) > 0) return hasRules && seen.ambiguous === 0 ? 'rules-not-seen' : 'seen';
  if (selects !== null && selects.pods + selects.others === 0) {
    return selects.isComplete ? 'selects-nobody' : 'unclear';
  }
  if (enforcement?.status === 'not-enforced') return 'not-enforced';
  const isHeard = nodes !== null && nodes.heard > 0 && silent < (selects?.listened ?? 0);
  return isHeard && seen.ambiguous === 0 ? 'not-seen' : 'unclear';
}

const LISTED_KINDS: readonly (PolicyKind | null)[] = [
  'CiliumNetworkPolicy',
  'CiliumClusterwideNetworkPolicy',
  'NetworkPolicy',
];

/** What was seen and is not among the policies that exist: deleted meanwhile, of a kind that is not listed, or from a file. */
function usesOfOthers(
  cluster: KnownCluster | null,
  known: readonly PolicyRef[],
  { policies }: AllSeen,
  { nodes: recorded, restTraffic: rest }: Listened,
): PolicyUse[] {
  const keys = new Set(known.map(policyKey));
  return [...policies].flatMap(([key, seen]): PolicyUse[] => {
    const { policy, nodes } = seen;
    if (keys.has(key)) return [];
    const isGone = cluster !== null && LISTED_KINDS.includes(policy.kind);
    const counted = countedOf(seen, rest);
    const told = cluster === null ? recorded : nodes;
    return [
      {
        policy,
        standing: standingOfOther(counted),
        exists: isGone ? false : null,
        created: null,
        isolates: [],
        selects: null,
        enforcement: null,
        ...counted,
        nodes: told.size === 0 ? null : { total: told.size, heard: told.size, seen: nodes.size },
        silent: 0,
        observedSeconds: null,
      },
    ];
  });
}

/** Nobody can say whether it has any rules. */
function standingOfOther({ seen, traffic }: Counted): Standing {
  if (ruleSightings(seen) > 0 || (traffic?.packets ?? 0) > 0) return 'seen';
  return sightingsTotal(seen) > 0 ? 'rules-not-seen' : 'unclear';
}

/** Among those that were seen, the least seen first. */
function compareUses(a: PolicyUse, b: PolicyUse): number {
  return (
    STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) ||
    sightingsTotal(a.seen) - sightingsTotal(b.seen) ||
    (a.traffic?.packets ?? 0) - (b.traffic?.packets ?? 0) ||
    compareText(nameOf(a.policy), nameOf(b.policy))
  );
}

function nameOf({ kind, namespace, name }: PolicyRef): string {
  return `${namespace ?? ''}/${name}/${kind ?? ''}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
