/** The agent's configuration as `config` prints it: what can be changed while it runs, and with `--all` the rest before it. */

type Config = Readonly<Record<string, string>>;

/** Those of them that say something about policy and events, and what they are where nothing is configured. */
const READ_ONLY: readonly (readonly [name: string, key: string, byDefault: string])[] = [
  ['BPFEventsDefaultBurstLimit', 'bpf-events-default-burst-limit', '0'],
  ['BPFEventsDefaultRateLimit', 'bpf-events-default-rate-limit', '0'],
  ['BPFEventsDropEnabled', 'bpf-events-drop-enabled', 'true'],
  ['BPFEventsPolicyVerdictEnabled', 'bpf-events-policy-verdict-enabled', 'true'],
  ['BPFEventsTraceEnabled', 'bpf-events-trace-enabled', 'true'],
  ['EnableCiliumClusterwideNetworkPolicy', 'enable-cilium-clusterwide-network-policy', 'true'],
  ['EnableCiliumNetworkPolicy', 'enable-cilium-network-policy', 'true'],
  ['EnableK8sNetworkPolicy', 'enable-k8s-networkpolicy', 'true'],
  ['EnablePolicy', 'enable-policy', 'default'],
  ['MonitorAggregation', 'monitor-aggregation', 'none'],
  ['PolicyAuditMode', 'policy-audit-mode', 'false'],
];
const SWITCHES: readonly (readonly [name: string, key: string, byDefault: string])[] = [
  ['DropNotification', 'bpf-events-drop-enabled', 'true'],
  ['PolicyAuditMode', 'policy-audit-mode', 'false'],
  ['PolicyVerdictNotification', 'bpf-events-policy-verdict-enabled', 'true'],
  ['TraceNotification', 'bpf-events-trace-enabled', 'true'],
];
const NAME_COLUMNS = 34;

export function configText(config: Config, all: boolean): string {
  const line = (name: string, value: string) => `${name.padEnd(NAME_COLUMNS)}: ${value}\n`;
  const readOnly = READ_ONLY.map(([name, key, byDefault]) => line(name, config[key] ?? byDefault));
  const switches = SWITCHES.map(([name, key, byDefault]) =>
    line(name, (config[key] ?? byDefault) === 'true' ? 'Enabled' : 'Disabled'),
  );
  const level = config['monitor-aggregation'] ?? 'none';
  const changeable = [
    '##### Read-write configurations #####\n',
    ...switches,
    line('MonitorAggregationLevel', level.charAt(0).toUpperCase() + level.slice(1)),
    line('MonitorNumPages', '64'),
    line('PolicyEnforcement', config['enable-policy'] ?? 'default'),
  ];
  return [...(all ? ['#### Read-only configurations ####\n', ...readOnly] : []), ...changeable].join('');
}
