/** Judges what would keep verdicts from being told, or let them mean something else: audit mode, events that are off. */
import type { Check, CheckName } from '../model/doctor.ts';
import type { AgentReading, ConfigFacts, EndpointFacts } from './facts.ts';
import { RESTART } from './judge-config.ts';
import { check, count, inAgent, list, shellWord, valueOf } from './words.ts';

const AUDIT = 'what policy would deny is let through, and counts as audited';

export function judgeAuditMode(config: ConfigFacts, readings: readonly AgentReading[]): readonly Check[] {
  const isOn = valueOf(config)?.['policy-audit-mode'] === 'true';
  if (isOn) {
    const text = `on for every endpoint (policy-audit-mode): ${AUDIT}`;
    const advice = `To enforce, set it to false in cilium-config ${RESTART}.`;
    return [
      check('audit-mode', 'warning', text, advice),
      ...notInForce('audit-mode', readings, 'PolicyAuditMode', 'Enabled'),
    ];
  }
  const checks = readings.flatMap(({ agent, probe, endpoints }) => {
    const audited = withOption(valueOf(endpoints), 'PolicyAuditMode', 'Enabled');
    if (audited.length === 0) return [];
    const text = `on for ${namesOf(audited)}: ${AUDIT}`;
    const advice = `To enforce: ${inAgent(agent, `${programOf(probe)} endpoint config ${audited[0]?.endpoint ?? 'ID'} PolicyAuditMode=Disabled`)}.`;
    return [check('audit-mode', 'warning', text, advice, agent.node)];
  });
  if (checks.length > 0) return checks;
  const wereAsked = readings.some(({ endpoints }) => valueOf(endpoints) !== null);
  if (!wereAsked) return [check('audit-mode', 'unknown', 'no agent reported the options of its endpoints')];
  return [check('audit-mode', 'ok', 'off')];
}

export function judgeVerdictEvents(config: ConfigFacts, readings: readonly AgentReading[]): readonly Check[] {
  const isOff = valueOf(config)?.['bpf-events-policy-verdict-enabled'] === 'false';
  if (isOff) {
    const text =
      'switched off (bpf-events-policy-verdict-enabled: false): agents report no verdicts, so no events does not mean no traffic';
    const advice = `Set it to true in cilium-config ${RESTART}.`;
    return [
      check('verdict-events', 'failed', text, advice),
      ...notInForce('verdict-events', readings, 'PolicyVerdictNotification', 'Disabled'),
    ];
  }
  const checks = readings.flatMap(({ agent, probe, endpoints }) => {
    const all = valueOf(endpoints) ?? [];
    const silent = withOption(all, 'PolicyVerdictNotification', 'Disabled');
    if (silent.length === 0) return [];
    const text = `switched off for ${silent.length === all.length ? 'every endpoint' : namesOf(silent)}: their verdicts are not reported`;
    const advice = `To switch them on: ${inAgent(agent, `${programOf(probe)} endpoint config ${silent[0]?.endpoint ?? 'ID'} PolicyVerdictNotification=Enabled`)}.`;
    return [check('verdict-events', 'failed', text, advice, agent.node)];
  });
  if (checks.length > 0) return checks;
  const told = readings.some(({ endpoints }) =>
    (valueOf(endpoints) ?? []).some(({ options }) => 'PolicyVerdictNotification' in options),
  );
  if (!told && valueOf(config) === null)
    return [
      check('verdict-events', 'unknown', 'neither cilium-config nor any agent says whether verdicts are reported'),
    ];
  return [check('verdict-events', 'ok', 'switched on')];
}

/** The configuration is read when an agent starts: endpoints may still be as they were. */
function notInForce(
  name: CheckName,
  readings: readonly AgentReading[],
  option: string,
  value: string,
): readonly Check[] {
  return readings.flatMap(({ agent, endpoints }) => {
    const other = (valueOf(endpoints) ?? []).filter(({ options }) => option in options && options[option] !== value);
    if (other.length === 0) return [];
    const text = `not in effect for ${namesOf(other)}, despite cilium-config (${option})`;
    return [check(name, 'warning', text, 'Has the agent been restarted since it was set?', agent.node)];
  });
}

function programOf(probe: AgentReading['probe']): string {
  return shellWord(valueOf(probe)?.program ?? 'cilium-dbg');
}

function withOption(endpoints: readonly EndpointFacts[] | null, option: string, value: string): EndpointFacts[] {
  return (endpoints ?? []).filter(({ options }) => options[option] === value);
}

function namesOf(endpoints: readonly EndpointFacts[]): string {
  const names = endpoints.map(({ pod, endpoint }) => pod ?? `endpoint ${endpoint}`);
  return `${count(endpoints.length, 'endpoint')} (${list(names)})`;
}
