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

/** `PolicyEnforcement                 : default`; what may be changed while it runs comes last, and counts. */
export function readConfig(text: string): Config | null {
  const lines = [...text.matchAll(/^(\w+) *: (.*)$/gm)].map(([, key = '', value = '']) => [key, value.trim()] as const);
  return lines.length === 0 ? null : Object.fromEntries(lines);
}

/** Events a second, of all types that the datapath reports; null where there is no limit. */
export function rateLimitOf(config: Config): number | null {
  const limit = Number(config['bpf-events-default-rate-limit'] ?? 0);
  return limit > 0 ? limit : null;
}

/** The same, in what `config --all` printed. */
export function rateLimitIn(text: string): number | null {
  const printed = readConfig(text);
  return rateLimitOf((printed === null ? null : runningConfig(printed)) ?? {});
}

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
