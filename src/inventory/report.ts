/** Puts together what is known of every policy, the least useful first. */
import type { PolicyObject } from '../attribution/policy-object.ts';
import type { PolicyKind, PolicyRef } from '../model/policy.ts';
import { type PolicyReport, type PolicyUse, STANDINGS, type Standing } from '../model/policy-report.ts';
import type { Summary } from '../model/summary.ts';
import type { Census } from './census.ts';
import { judgeEnforcement } from './enforcement.ts';
import { coverNodes, describeSelection, endpointsOf, isolatedDirections, type Selected } from './selection.ts';
import { type AllSeen, keyOf, readSightings, ruleSightings, type Seen, sightingsTotal, UNSEEN } from './sightings.ts';

/** What is known of the cluster; null for files. */
export interface KnownCluster {
  readonly listedFrom: 'api' | 'agents';
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
  const uses = [...usesOfKnown(cluster, scope, seen, window), ...usesOfOthers(cluster, refs, seen)];
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
    policies: uses.toSorted(compareUses),
    unattributed: seen.unattributed,
  };
}

function usesOfKnown(
  cluster: KnownCluster | null,
  scope: PolicyReport['scope'],
  seen: AllSeen,
  window: Summary['window'],
): PolicyUse[] {
  if (cluster === null) return [];
  const { census, policies } = cluster;
  return policies.flatMap((policy) => {
    const selected = endpointsOf(policy, census);
    const sighted = seen.policies.get(keyOf(policy.ref)) ?? null;
    const isThere = isInScope(policy.ref, scope, selected) || sighted !== null;
    return isThere ? [useOfKnown(policy, selected, sighted, census, window)] : [];
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
  window: Summary['window'],
): PolicyUse {
  const { ref, specs, status } = policy;
  const use = {
    policy: ref,
    exists: true,
    created: status.created,
    isolates: isolatedDirections(specs),
    selects: describeSelection(policy, selected, census),
    enforcement: judgeEnforcement(ref, specs, selected, status),
    seen: seen?.sightings ?? UNSEEN,
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
  const { seen, selects, enforcement, nodes, silent } = use;
  if (ruleSightings(seen) > 0) return 'seen';
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
function usesOfOthers(cluster: KnownCluster | null, known: readonly PolicyRef[], { policies }: AllSeen): PolicyUse[] {
  const keys = new Set(known.map(keyOf));
  return [...policies].flatMap(([key, { policy, sightings, nodes }]): PolicyUse[] => {
    if (keys.has(key)) return [];
    const isGone = cluster !== null && LISTED_KINDS.includes(policy.kind);
    return [
      {
        policy,
        standing: 'seen',
        exists: isGone ? false : null,
        created: null,
        isolates: [],
        selects: null,
        enforcement: null,
        seen: sightings,
        nodes: cluster === null ? null : { total: nodes.size, heard: nodes.size, seen: nodes.size },
        silent: 0,
        observedSeconds: null,
      },
    ];
  });
}

/** Among those that were seen, the least seen first. */
function compareUses(a: PolicyUse, b: PolicyUse): number {
  return (
    STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) ||
    sightingsTotal(a.seen) - sightingsTotal(b.seen) ||
    compareText(nameOf(a.policy), nameOf(b.policy))
  );
}

function nameOf({ kind, namespace, name }: PolicyRef): string {
  return `${namespace ?? ''}/${name}/${kind ?? ''}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
