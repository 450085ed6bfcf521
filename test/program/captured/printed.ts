/** What policystat prints of a captured cluster, in the words of the truth about it. */
import * as v from 'valibot';
import { PolicyJson, type SummaryJson } from '../cluster.ts';
import { amount, defaultDeny, NO_POLICY } from './truth.ts';

export function textOf({ kind, namespace, name }: v.InferOutput<typeof PolicyJson>): string {
  return `${kind ?? ''}/${namespace ?? ''}/${name}`;
}

type Row = Pick<SummaryJson['policies'][number], 'policy' | 'attribution' | 'reason' | 'isolatedBy'>;

function byOf({ policy, attribution, reason, isolatedBy }: Row): string {
  if (attribution === 'default-deny') return defaultDeny((isolatedBy ?? []).map(textOf));
  return reason === 'no-policy-applies' ? NO_POLICY : textOf(policy);
}

/** What was printed, in the words of the truth. */
export function printedRows({ policies }: SummaryJson) {
  return policies
    .map((row) => ({
      by: byOf(row),
      direction: row.direction,
      grade: row.attribution,
      allowed: row.allowed,
      redirected: row.redirected,
      audited: row.audited,
      denied: row.denied,
      attempts: row.attempts,
      shared: row.shared,
      nodes: row.nodes,
      peers: row.peers.map((peer) => amount(peer.name ?? 'nobody', peer.allowed, peer.denied)).sort(),
      ports: row.ports
        .map(({ protocol, port, allowed, denied }) =>
          amount(port === null ? protocol : `${port}/${protocol}`, allowed, denied),
        )
        .sort(),
    }))
    .sort((a, b) => (`${a.direction} ${a.by}` < `${b.direction} ${b.by}` ? -1 : 1));
}

const EventJson = v.object({
  type: v.literal('policy-verdict'),
  node: v.string(),
  endpoint: v.number(),
  direction: v.string(),
  action: v.string(),
  protocol: v.string(),
  source: v.object({ ip: v.string(), port: v.nullable(v.number()) }),
  destination: v.object({ ip: v.string(), port: v.nullable(v.number()) }),
  policies: v.array(PolicyJson),
  attribution: v.string(),
  reason: v.optional(v.nullable(v.string()), null),
  isolatedBy: v.optional(v.array(PolicyJson)),
});

export function printedEvents(stdout: string): readonly string[] {
  const events = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => v.parse(EventJson, JSON.parse(line)));
  return events
    .map(({ node, endpoint, direction, action, protocol, source, destination, policies, ...row }) => {
      const flow = `${protocol} ${source.ip}:${source.port ?? ''} -> ${destination.ip}:${destination.port ?? ''}`;
      const by =
        row.reason === 'no-policy-applies' ? [NO_POLICY] : policies.map((policy) => byOf({ ...row, policy })).sort();
      return [node, endpoint, direction, action, flow, row.attribution, ...by].join(' ');
    })
    .sort();
}

const ReportJson = v.object({
  listedFrom: v.string(),
  unattributed: v.number(),
  policies: v.array(
    v.object({
      policy: PolicyJson,
      exists: v.boolean(),
      isolates: v.array(v.string()),
      selects: v.object({ pods: v.number() }),
      enforcement: v.object({ status: v.string() }),
      seen: v.object({
        allowed: v.number(),
        denied: v.number(),
        defaultDenied: v.number(),
        defaultAudited: v.number(),
      }),
      standing: v.string(),
    }),
  ),
});

export function parseReport(text: string): v.InferOutput<typeof ReportJson> {
  return v.parse(ReportJson, JSON.parse(text));
}
