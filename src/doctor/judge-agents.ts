/** Judges the agents: are they there, do they know what is needed, is anything left in them. */
import type { Check } from '../model/doctor.ts';
import type { AgentReading } from './facts.ts';
import { findLeftovers, type Monitor } from './processes.ts';
import { ageText, check, count, list } from './words.ts';

/** Policy verdicts exist since 1.8; 1.19 is the newest whose output is known. */
const OLDEST_MINOR = 8;
const NEWEST_MINOR = 19;
const NEEDED_TYPE = 'policy-verdict';
/** Shorter ones are probably somebody at work. */
const LONG_SECONDS = 3600;

export function judgeReadiness(ready: number, all: number): Check {
  if (all === 0) {
    const advice = 'If they are labelled otherwise, say so with --agent-selector and --agent-namespace.';
    return check('agents', 'failed', 'there is no Cilium agent', advice);
  }
  const text = `${ready} of ${count(all, 'node')} can be listened to`;
  return check('agents', ready === all ? 'ok' : ready === 0 ? 'failed' : 'warning', text);
}

export function judgeVersion({ agent, probe }: AgentReading): Check {
  const version = probe?.version ?? null;
  if (version === null) return check('version', 'unknown', 'the agent did not tell its version', null, agent.node);
  const dialect = probe?.dialect === 'accuknox' ? ", AccuKnox's patched Cilium" : '';
  const text = `Cilium ${version}${dialect}, program ${probe?.program ?? '?'}`;
  const minor = Number(/^1\.(\d+)/.exec(version)?.[1] ?? Number.NaN);
  if (minor < OLDEST_MINOR)
    return check('version', 'failed', text, 'Policy verdicts need Cilium 1.8 or newer.', agent.node);
  if (!(minor <= NEWEST_MINOR)) {
    const advice = `policystat was made for Cilium 1.${OLDEST_MINOR} to 1.${NEWEST_MINOR}: see that "unparsed" stays 0.`;
    return check('version', 'warning', text, advice, agent.node);
  }
  return check('version', 'ok', text, null, agent.node);
}

export function judgeEventTypes({ agent, probe }: AgentReading): Check {
  const types = probe?.eventTypes ?? null;
  if (types === null)
    return check('event-types', 'unknown', 'the agent did not list its event types', null, agent.node);
  if (!types.includes(NEEDED_TYPE)) {
    return check(
      'event-types',
      'failed',
      `no policy-verdict among ${types.join(', ')}`,
      'Policy verdicts need Cilium 1.8 or newer.',
      agent.node,
    );
  }
  return check('event-types', 'ok', types.join(', '), null, agent.node);
}

export function judgeHubble({ agent, probe }: AgentReading): Check {
  const hubble = probe?.hubble ?? null;
  if (hubble === null) return check('hubble', 'unknown', 'the agent did not tell its status', null, agent.node);
  const { state, bufferFlows } = hubble;
  if (state === 'Disabled')
    return check('hubble', 'ok', 'off: not needed, but nothing of the past can be asked for', null, agent.node);
  if (state !== 'Ok') {
    const advice = `See "kubectl -n ${agent.namespace} exec ${agent.pod} -c ${agent.container} -- ${probe?.program ?? 'cilium'} status --verbose".`;
    return check('hubble', 'warning', `on, in state ${state}`, advice, agent.node);
  }
  const buffer = bufferFlows === null ? 'of unknown size' : `of ${bufferFlows} flows`;
  return check('hubble', 'ok', `on, with a buffer ${buffer}`, null, agent.node);
}

export function judgeLeftovers({ agent, probe }: AgentReading): readonly Check[] {
  const { node, namespace, pod, container } = agent;
  // Without a shell there is nobody to look; the version was asked in another way then.
  if (probe === null || probe.clockMs === null)
    return [check('leftovers', 'unknown', 'no sh in the container: its processes cannot be looked at', null, node)];
  const { policystat, others, zombies } = findLeftovers(probe.processes);
  const checks: Check[] = [];
  if (others.length > 0) {
    const pids = others.map(({ pid }) => pid).join(' ');
    const advice = `Nobody may be reading them: a "kubectl exec" that was interrupted leaves its monitor running. If they are nobody's, end them with "kubectl -n ${namespace} exec ${pod} -c ${container} -- kill ${pids}".`;
    checks.push(
      check(
        'leftovers',
        'warning',
        `${count(others.length, 'monitor')} not of policystat: ${monitorsText(others)}`,
        advice,
        node,
      ),
    );
  }
  if (zombies.length > 0) {
    const text = `${zombies.length} ended and not collected: ${monitorsText(zombies)}`;
    checks.push(
      check('leftovers', 'warning', text, 'They hold a process id each, until the agent restarts; nothing else.', node),
    );
  }
  if (policystat.length > 0) {
    const old = policystat.filter(({ ageSeconds }) => (ageSeconds ?? 0) > LONG_SECONDS);
    const since =
      old.length === 0 ? '' : `, the oldest for ${ageText(Math.max(...old.map(({ ageSeconds }) => ageSeconds ?? 0)))}`;
    checks.push(
      check(
        'leftovers',
        'ok',
        `${count(policystat.length, 'monitor')} of a policystat that is listening${since}`,
        null,
        node,
      ),
    );
  }
  return checks.length > 0 ? checks : [check('leftovers', 'ok', 'no monitor is running', null, node)];
}

function monitorsText(monitors: readonly Monitor[]): string {
  return list(
    monitors.map(
      ({ pid, command, ageSeconds }) =>
        `${command} (PID ${pid}${ageSeconds === null ? '' : `, for ${ageText(ageSeconds)}`})`,
    ),
  );
}
