/** Reads an agent's configuration as it runs now, under the names that it has in `cilium-config`. */

export type Config = Readonly<Record<string, string>>;

/** What `config` prints, the first that is there (Cilium cilium-dbg/cmd/config.go and pkg/option, 1.18). */
const PRINTED: Readonly<Record<string, readonly string[]>> = {
  'enable-policy': ['PolicyEnforcement', 'EnablePolicy'],
  'monitor-aggregation': ['MonitorAggregationLevel', 'MonitorAggregation'],
  'bpf-events-drop-enabled': ['DropNotification', 'BPFEventsDropEnabled'],
  'bpf-events-trace-enabled': ['TraceNotification', 'BPFEventsTraceEnabled'],
  'bpf-events-default-rate-limit': ['BPFEventsDefaultRateLimit'],
  'bpf-events-default-burst-limit': ['BPFEventsDefaultBurstLimit'],
  'enable-k8s-networkpolicy': ['EnableK8sNetworkPolicy'],
  'enable-cilium-network-policy': ['EnableCiliumNetworkPolicy'],
  'enable-cilium-clusterwide-network-policy': ['EnableCiliumClusterwideNetworkPolicy'],
};
const WORDS: Readonly<Record<string, string>> = { enabled: 'true', disabled: 'false' };

/** Null where the program does not print as much as what is enforced. */
export function runningConfig(printed: Config): Config | null {
  const found = Object.entries(PRINTED).flatMap(([key, names]) => {
    const value = names
      .map((name) => printed[name])
      .find((one) => one !== undefined)
      ?.toLowerCase();
    return value === undefined ? [] : [[key, WORDS[value] ?? value] as const];
  });
  const config: Config = Object.fromEntries(found);
  return config['enable-policy'] === undefined ? null : config;
}
