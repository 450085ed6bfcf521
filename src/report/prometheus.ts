/** `-o prometheus`: text exposition format 0.0.4, for a node exporter's textfile collector or a push gateway. */
import type { Audit } from '../model/audit.ts';
import type { GroupRow, Groups } from '../model/groups.ts';
import type { Counts, PolicyRow, Summary } from '../model/summary.ts';
import { auditLines } from './audit-fields.ts';
import { groupColumns, withDirection } from './group-fields.ts';
import { plural } from './phrases.ts';
import { escapeUnsafe } from './printable.ts';

type Labels = Readonly<Record<string, string | null>>;

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** Series with the same labels are one: their values are added. */
  readonly series: readonly (readonly [Labels, number])[];
}

export function renderPrometheus(summary: Summary): string {
  const { omittedRows = 0 } = summary;
  const metrics = metricsOf(summary).filter(({ series }) => series.length > 0);
  return (
    (omittedRows === 0 ? '' : `# ${plural(omittedRows, 'more row')} left out\n`) + metrics.map(metricText).join('')
  );
}

function metricsOf(summary: Summary): readonly Metric[] {
  const { drops, l7, records, completeness, window } = summary;
  const ignored = Object.entries(records.ignored);
  return [
    ...(summary.audit === undefined ? [] : [auditMetric(summary.audit)]),
    ...(summary.groups === null ? policyMetrics(summary) : groupMetrics(summary.groups)),
    {
      name: 'policystat_dropped_packets_total',
      type: 'counter',
      help: 'Packets that the datapath dropped, by reason; those of policies are among the refused as well.',
      series: drops.map(({ reason, direction, packets }) => [{ reason, direction }, packets]),
    },
    {
      name: 'policystat_l7_requests_total',
      type: 'counter',
      help: 'Requests that a proxy decided about.',
      series: l7.flatMap((row) =>
        (['forwarded', 'denied', 'errors', 'redirected'] as const).map(
          (verdict) =>
            [
              { policy: row.policy?.name ?? null, direction: row.direction, protocol: row.protocol, verdict },
              row[verdict],
            ] as const,
        ),
      ),
    },
    {
      name: 'policystat_records_total',
      type: 'counter',
      help: 'Lines received, by what became of them.',
      series: [
        [{ outcome: 'counted', reason: null }, records.counted],
        ...(records.unparsed === 0 ? [[{ outcome: 'unparsed', reason: null }, 0] as const] : []),
        ...Object.entries(records.unparsedReasons).map(
          ([reason, count]) => [{ outcome: 'unparsed', reason }, count] as const,
        ),
        ...ignored.map(([reason, count]) => [{ outcome: 'ignored', reason }, count] as const),
      ],
    },
    {
      name: 'policystat_lost_events_total',
      type: 'counter',
      help: 'Events of all types that were lost before anybody read them.',
      series: [[{}, completeness.lost]],
    },
    {
      name: 'policystat_complete',
      type: 'gauge',
      help: 'Whether nothing is known to be missing: where 0, every number is a lower bound.',
      series: [[{}, completeness.status === 'full' ? 1 : 0]],
    },
    {
      name: 'policystat_window_seconds',
      type: 'gauge',
      help: 'How long was listened.',
      series: [[{}, window.seconds]],
    },
  ];
}

/** The numbers of verdicts, whatever the rows are. */
function verdictMetrics<Row extends Counts>(
  rows: readonly Row[],
  labelsOf: (row: Row) => Labels,
  by: string,
): Metric[] {
  return [
    {
      name: 'policystat_connections_total',
      type: 'counter',
      help: `Verdicts on new connections, by ${by} and what was decided.`,
      series: rows.flatMap((row) =>
        (['allowed', 'redirected', 'audited'] as const).map(
          (verdict) => [{ ...labelsOf(row), verdict }, row[verdict]] as const,
        ),
      ),
    },
    {
      name: 'policystat_denied_packets_total',
      type: 'counter',
      help: `Refused packets, by ${by}.`,
      series: rows.map((row) => [labelsOf(row), row.denied]),
    },
    {
      name: 'policystat_denied_flows_total',
      type: 'counter',
      help: `Distinct flows among the refused packets, by ${by}.`,
      series: rows.map((row) => [labelsOf(row), row.attempts]),
    },
  ];
}

function policyMetrics({ policies }: Summary): readonly Metric[] {
  const labelsOf = ({ policy, direction, attribution, ambiguous, reason }: PolicyRow): Labels => ({
    policy: policy.name,
    namespace: policy.namespace,
    kind: policy.kind,
    direction,
    attribution,
    ambiguous: ambiguous ? 'true' : null,
    reason,
  });
  return [
    ...verdictMetrics(policies, labelsOf, 'policy'),
    ...(['packets', 'bytes'] as const).map(
      (name): Metric => ({
        name: `policystat_traffic_${name}_total`,
        type: 'counter',
        help: `What the policy maps counted, by policy: ${name} of new and open connections and of what a rule refused, in their own direction.`,
        series: policies.flatMap((row) =>
          row.traffic === null || row.traffic === undefined ? [] : [[labelsOf(row), row.traffic[name]] as const],
        ),
      }),
    ),
    {
      name: 'policystat_traffic_lower_bound',
      type: 'gauge',
      help: 'Whether there were as many packets and bytes or more, by policy.',
      series: policies.flatMap((row) =>
        row.traffic === null || row.traffic === undefined
          ? []
          : [[labelsOf(row), Number(row.traffic.lowerBound)] as const],
      ),
    },
  ];
}

function auditMetric(audit: Audit): Metric {
  return {
    name: 'policystat_would_deny_connections_total',
    type: 'counter',
    help: 'New connections that audit mode let through and policy would deny, by policy, peer and port.',
    series: auditLines(audit).map(({ row, peer }) => [
      {
        policy: row.policy.name,
        namespace: row.policy.namespace,
        kind: row.policy.kind,
        direction: row.direction,
        peer: peer.name,
        identity: peer.identity === null ? null : String(peer.identity),
        peerNode: peer.node ?? null,
        port: peer.port?.port === null || peer.port === null ? null : String(peer.port.port),
        protocol: peer.port?.protocol ?? null,
      },
      peer.connections,
    ]),
  };
}

function groupMetrics({ by, rows }: Groups): readonly Metric[] {
  const columns = groupColumns(by);
  const labelsOf = (row: GroupRow): Labels =>
    Object.fromEntries(columns.map(([name, cell]) => [name, String(cell(row))]));
  return verdictMetrics(rows, labelsOf, withDirection(by).join(', '));
}

function metricText({ name, type, help, series }: Metric): string {
  const sums = new Map<string, number>();
  for (const [labels, value] of series) {
    const text = labelsText(labels);
    sums.set(text, (sums.get(text) ?? 0) + value);
  }
  const lines = [...sums].map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** An empty label is the same as none. */
function labelsText(labels: Labels): string {
  const told = Object.entries(labels).filter(([, value]) => value !== null && value !== '');
  if (told.length === 0) return '';
  return `{${told.map(([name, value]) => `${name}="${escapeLabel(value ?? '')}"`).join(',')}}`;
}

/** The format knows three escapes; what a terminal would act on is spelt out. */
function escapeLabel(value: string): string {
  return escapeUnsafe(value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n'), (character) => {
    return `\\\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
