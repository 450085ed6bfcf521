/** Judges what would keep verdicts from being made or told: enforcement, audit mode, events that are off or limited. */
import type { Check } from '../model/doctor.ts';
import type { AgentReading, ConfigFacts, Cost, EndpointFacts } from './facts.ts';
import { check, count, list } from './words.ts';

const RESTART = 'and restart the agents (kubectl -n NAMESPACE rollout restart ds/cilium)';
/** Reading the state of a node should not take longer. */
const SLOW_MS = 5_000;

export function judgeConfig(config: ConfigFacts): readonly Check[] {
  if (config === null || config === 'forbidden') {
    const why = config === null ? 'there is no ConfigMap cilium-config' : 'the ConfigMap cilium-config may not be read';
    const unknown = (['enforcement', 'rate-limit', 'aggregation'] as const).map((name) => check(name, 'unknown', why));
    return unknown;
  }
  return [judgeEnforcement(config), judgeRateLimit(config), judgeAggregation(config)];
}

type Config = Readonly<Record<string, string>>;

function judgeEnforcement(config: Config): Check {
  const mode = config['enable-policy'] ?? 'default';
  switch (mode) {
    case 'never':
      return check(
        'enforcement',
        'failed',
        'policy is switched off (enable-policy: never): every policy is without effect, and there are no verdicts',
        `Set enable-policy to default in cilium-config ${RESTART}.`,
      );
    case 'always':
      return check('enforcement', 'ok', 'always: pods that no policy selects are denied everything, too');
    default:
      return check('enforcement', 'ok', `${mode}: pods that no policy selects are not enforced, and make no verdicts`);
  }
}

function judgeRateLimit(config: Config): Check {
  const limit = Number(config['bpf-events-default-rate-limit'] ?? 0);
  if (!(limit > 0)) return check('rate-limit', 'ok', 'events are not rate-limited');
  const burst = config['bpf-events-default-burst-limit'];
  const more = burst === undefined ? '' : `, with bursts of ${burst}`;
  return check(
    'rate-limit',
    'warning',
    `at most ${limit} events a second${more} (bpf-events-default-rate-limit): what is beyond is dropped without a trace, and no count can be vouched for`,
    `For exact counts, set it to 0 in cilium-config ${RESTART}.`,
  );
}

function judgeAggregation(config: Config): Check {
  const level = config['monitor-aggregation'] ?? 'none';
  return check('aggregation', 'ok', `${level}: thins out trace events, never verdicts or drops`);
}

const AUDIT = 'what policy would deny is let through, and counts as audited';

export function judgeAuditMode(config: ConfigFacts, readings: readonly AgentReading[]): readonly Check[] {
  const isOn = typeof config === 'object' && config?.['policy-audit-mode'] === 'true';
  if (isOn) {
    const text = `on for every endpoint (policy-audit-mode): ${AUDIT}`;
    return [check('audit-mode', 'warning', text, `To enforce, set it to false in cilium-config ${RESTART}.`)];
  }
  const checks = readings.flatMap(({ agent, endpoints }) => {
    const audited = withOption(endpoints, 'PolicyAuditMode', 'Enabled');
    if (audited.length === 0) return [];
    const text = `on for ${namesOf(audited)}: ${AUDIT}`;
    const advice = `To enforce: "kubectl -n ${agent.namespace} exec ${agent.pod} -c ${agent.container} -- cilium-dbg endpoint config ${audited[0]?.endpoint ?? 'ID'} PolicyAuditMode=Disabled".`;
    return [check('audit-mode', 'warning', text, advice, agent.node)];
  });
  if (checks.length > 0) return checks;
  const wereAsked = readings.some(({ endpoints }) => endpoints !== null);
  if (!wereAsked) return [check('audit-mode', 'unknown', 'no agent told the options of its endpoints')];
  return [check('audit-mode', 'ok', 'off')];
}

export function judgeVerdictEvents(config: ConfigFacts, readings: readonly AgentReading[]): readonly Check[] {
  const isOff = typeof config === 'object' && config?.['bpf-events-policy-verdict-enabled'] === 'false';
  if (isOff) {
    const text =
      'switched off (bpf-events-policy-verdict-enabled: false): agents report no verdict, so no events is not no traffic';
    return [check('verdict-events', 'failed', text, `Set it to true in cilium-config ${RESTART}.`)];
  }
  const checks = readings.flatMap(({ agent, endpoints }) => {
    const silent = withOption(endpoints, 'PolicyVerdictNotification', 'Disabled');
    if (silent.length === 0 || endpoints === null) return [];
    const text = `switched off for ${silent.length === endpoints.length ? 'every endpoint' : namesOf(silent)}: no verdict of theirs is reported`;
    const advice = `"kubectl -n ${agent.namespace} exec ${agent.pod} -c ${agent.container} -- cilium-dbg endpoint config ${silent[0]?.endpoint ?? 'ID'} PolicyVerdictNotification=Enabled" switches them on.`;
    return [check('verdict-events', 'failed', text, advice, agent.node)];
  });
  if (checks.length > 0) return checks;
  const told = readings.some(({ endpoints }) =>
    (endpoints ?? []).some(({ options }) => 'PolicyVerdictNotification' in options),
  );
  if (!told && (config === null || config === 'forbidden'))
    return [
      check('verdict-events', 'unknown', 'neither cilium-config nor an agent tells whether verdicts are reported'),
    ];
  return [check('verdict-events', 'ok', 'switched on')];
}

function withOption(endpoints: readonly EndpointFacts[] | null, option: string, value: string): EndpointFacts[] {
  return (endpoints ?? []).filter(({ options }) => options[option] === value);
}

function namesOf(endpoints: readonly EndpointFacts[]): string {
  const names = endpoints.map(({ pod, endpoint }) => pod ?? `endpoint ${endpoint}`);
  return `${count(endpoints.length, 'endpoint')} (${list(names)})`;
}

/** What it costs an agent when policystat reads policy state: measured by asking once. */
export function judgeCost(costs: readonly Cost[], node: string | null): readonly Check[] {
  if (costs.length === 0) return [];
  const text = costs
    .map(({ question, bytes, ms }) => `${question} ${sizeText(bytes)} in ${Math.round(ms)} ms`)
    .join(', ');
  const isSlow = costs.some(({ ms }) => ms > SLOW_MS);
  const advice = isSlow ? 'Name the targets (--pod, -n): then only their endpoints are read.' : null;
  const when = `${count(costs.length, 'question')} (asked when a stream opens, and at most once a second when policy changes): ${text}`;
  return [check('cost', isSlow ? 'warning' : 'ok', when, advice, node)];
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
