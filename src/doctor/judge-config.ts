/** Judges the ConfigMap `cilium-config`: what is enforced, and which events are reported at all. */
import type { Check } from '../model/doctor.ts';
import type { AgentReading, ConfigFacts } from './facts.ts';
import { type Config, rateLimitOf, runningConfig } from './running-config.ts';
import { check, valueOf, whyNot } from './words.ts';

export const RESTART = 'and restart the agents (kubectl -n NAMESPACE rollout restart ds/cilium)';

/** Cilium pkg/option/config.go, 1.19: all of them are on where nothing is said. */
const READ_KINDS: readonly (readonly [key: string, kind: string])[] = [
  ['enable-k8s-networkpolicy', 'NetworkPolicies'],
  ['enable-cilium-network-policy', 'CiliumNetworkPolicies'],
  ['enable-cilium-clusterwide-network-policy', 'CiliumClusterwideNetworkPolicies'],
];
const REPORTED_EVENTS: readonly (readonly [key: string, type: string])[] = [
  ['bpf-events-drop-enabled', 'drop'],
  ['bpf-events-trace-enabled', 'trace'],
];

/** What an agent says of itself counts; what is configured counts where none says anything. */
export function judgeConfig(config: ConfigFacts, readings: readonly AgentReading[]): readonly Check[] {
  const configured = valueOf(config);
  const running = readings.flatMap(({ agent: { node }, probe }) => {
    const printed = valueOf(probe)?.running ?? null;
    const own = printed === null ? null : runningConfig(printed);
    return own === null ? [] : [{ node, own }];
  });
  if (running.length > 0) {
    return running.flatMap(({ node, own }) => [
      ...judgeOne({ ...configured, ...own }, node),
      ...judgeDifference(configured ?? {}, own, node),
    ]);
  }
  if (configured !== null) return judgeOne(configured, null);
  const why = config.kind === 'known' ? 'there is no ConfigMap cilium-config' : whyNot(config);
  return (['enforcement', 'rate-limit', 'aggregation'] as const).map((name) => check(name, 'unknown', why));
}

function judgeOne(config: Config, node: string | null): readonly Check[] {
  const checks = [
    judgeEnforcement(config),
    ...judgeKinds(config),
    ...judgeOtherEvents(config),
    judgeRateLimit(config),
    judgeAggregation(config),
  ];
  return checks.map((each) => ({ ...each, node }));
}

/** What matters for verdicts; a level of aggregation may be written in several ways. */
const COMPARED: readonly (readonly [key: string, byDefault: string])[] = [
  ['enable-policy', 'default'],
  ['bpf-events-default-rate-limit', '0'],
];

function judgeDifference(configured: Config, own: Config, node: string): readonly Check[] {
  return COMPARED.flatMap(([key, byDefault]) => {
    const [wanted, running] = [configured[key], own[key] ?? byDefault];
    if (wanted === undefined || wanted.toLowerCase() === running) return [];
    const text = `the agent runs with ${key}: ${running}, while cilium-config says ${wanted}`;
    return [check('enforcement', 'warning', text, 'Has the agent been restarted since it was set?', node)];
  });
}

function judgeEnforcement(config: Config): Check {
  const mode = config['enable-policy'] ?? 'default';
  if (mode === 'never') {
    const text = 'policy is switched off (enable-policy: never): no policy has any effect, and there are no verdicts';
    return check('enforcement', 'failed', text, `Set enable-policy to default in cilium-config ${RESTART}.`);
  }
  if (mode === 'always')
    return check('enforcement', 'ok', 'always: even pods that no policy selects are denied everything');
  return check(
    'enforcement',
    'ok',
    `${mode}: policy is not enforced for pods that no policy selects, and they make no verdicts`,
  );
}

function judgeKinds(config: Config): readonly Check[] {
  return READ_KINDS.filter(([key]) => config[key] === 'false').map(([key, kind]) => {
    const text = `${kind} are not read (${key}: false): none of them has any effect`;
    return check('enforcement', 'warning', text, `If they should have, set it to true in cilium-config ${RESTART}.`);
  });
}

function judgeOtherEvents(config: Config): readonly Check[] {
  return REPORTED_EVENTS.filter(([key]) => config[key] === 'false').map(([key, type]) => {
    const text = `${type} events are switched off (${key}: false): -t ${type} shows nothing; verdicts are still reported`;
    return check('verdict-events', 'warning', text, `If you want them, set it to true in cilium-config ${RESTART}.`);
  });
}

function judgeRateLimit(config: Config): Check {
  const limit = rateLimitOf(config);
  if (limit === null) return check('rate-limit', 'ok', 'events are not rate-limited');
  const burst = config['bpf-events-default-burst-limit'];
  const more = burst === undefined ? '' : `, with bursts of ${burst}`;
  const text = `at most ${limit} events a second${more} (bpf-events-default-rate-limit): anything beyond that is dropped without a trace, so no count can be trusted`;
  return check('rate-limit', 'warning', text, `For exact counts, set it to 0 in cilium-config ${RESTART}.`);
}

function judgeAggregation(config: Config): Check {
  const level = config['monitor-aggregation'] ?? 'none';
  return check('aggregation', 'ok', `${level}: reduces trace events, never verdicts or drops`);
}
