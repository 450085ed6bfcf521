/** Judges the agents: are they there, do they know what is needed, is anything left in them. */
import type { AgentRef } from '../model/cluster.ts';
import type { Check } from '../model/doctor.ts';
import type { Problem } from '../model/problem.ts';
import { explain } from '../report/explain.ts';
import type { AgentReading, Answer } from './facts.ts';
import { judgeClock } from './judge-cluster.ts';
import { judgeNames } from './judge-names.ts';
import type { Probe } from './probe.ts';
import { findLeftovers, type Monitor } from './processes.ts';
import { ageText, check, count, inAgent, list, shellWord, whyNot } from './words.ts';

/** Policy verdicts exist since 1.8; 1.19 is the newest whose output is known. */
const OLDEST_MINOR = 8;
const NEWEST_MINOR = 19;
const NEEDED_TYPE = 'policy-verdict';
/** Shorter ones are probably somebody at work. */
const LONG_SECONDS = 3600;

export interface FoundAgents {
  readonly ready: number;
  readonly obstacles: readonly { readonly node: string; readonly problem: Problem }[];
}

export function judgeReadiness(found: Answer<FoundAgents>): readonly Check[] {
  if (found.kind !== 'known') return [check('agents', 'failed', whyNot(found))];
  const { ready, obstacles } = found.value;
  const all = ready + obstacles.length;
  if (all === 0) {
    const advice = 'If they are labelled otherwise, say so with --agent-selector and --agent-namespace.';
    return [check('agents', 'failed', 'there is no Cilium agent', advice)];
  }
  const text = `${ready} of ${count(all, 'node')} ${all === 1 ? 'has' : 'have'} an agent that is ready`;
  return [
    check('agents', obstacles.length === 0 ? 'ok' : ready === 0 ? 'failed' : 'warning', text),
    ...obstacles.map(({ node, problem }) => check('agents', 'warning', explain(problem), null, node)),
  ];
}

function judgeVersion({ node }: AgentRef, { version, dialect, program }: Probe): Check {
  if (version === null) return check('version', 'unknown', 'the agent did not report its version', null, node);
  const patched = dialect === 'accuknox' ? ", AccuKnox's patched Cilium" : '';
  const text = `Cilium ${version}${patched}, program ${program ?? '?'}`;
  const minor = Number(/^1\.(\d+)/.exec(version)?.[1] ?? Number.NaN);
  if (minor < OLDEST_MINOR) return check('version', 'failed', text, 'Policy verdicts need Cilium 1.8 or newer.', node);
  if (!(minor <= NEWEST_MINOR)) {
    const advice = `policystat was made for Cilium 1.${OLDEST_MINOR} to 1.${NEWEST_MINOR}: make sure that "unparsed" stays 0.`;
    return check('version', 'warning', text, advice, node);
  }
  return check('version', 'ok', text, null, node);
}

/** Of those that answered. */
export function judgeAgent(reading: AgentReading): readonly Check[] {
  const { probe, agent, clock, names } = reading;
  if (probe.kind !== 'known') return [];
  return [
    judgeVersion(agent, probe.value),
    judgeEventTypes(agent, probe.value),
    judgeHubble(agent, probe.value),
    ...judgeNames(agent, names),
    judgeClock(clock, 'the agent', agent.node),
    ...judgeLeftovers(agent, probe.value),
  ];
}

/** Of those that did not; that the exec is forbidden is told with the permissions. */
export function judgeSilence(readings: readonly AgentReading[]): readonly Check[] {
  const isHeard = readings.some(({ probe }) => probe.kind === 'known');
  return readings.flatMap(({ agent: { node }, probe }) => {
    if (probe.kind === 'known') return [];
    if (probe.kind === 'refused' && probe.problem.code === 'EXEC_FORBIDDEN')
      return [check('agents', 'unknown', 'not asked: exec into it is forbidden', null, node)];
    return [check('agents', isHeard ? 'warning' : 'failed', `does not respond: ${whyNot(probe)}`, null, node)];
  });
}

function judgeEventTypes({ node }: AgentRef, { eventTypes: types }: Probe): Check {
  if (types === null) return check('event-types', 'unknown', 'the agent did not list its event types', null, node);
  const text = types.join(', ');
  if (types.includes(NEEDED_TYPE)) return check('event-types', 'ok', text, null, node);
  const advice = 'Policy verdicts need Cilium 1.8 or newer.';
  return check('event-types', 'failed', `no policy-verdict among ${text}`, advice, node);
}

function judgeHubble(agent: AgentRef, { hubble, program }: Probe): Check {
  const { node } = agent;
  if (hubble === null) return check('hubble', 'unknown', 'the agent did not report its status', null, node);
  const { state, bufferFlows } = hubble;
  if (state === 'Disabled')
    return check('hubble', 'ok', 'off: not needed, but there is no looking back (--since)', null, node);
  if (state !== 'Ok') {
    const advice = `See ${inAgent(agent, `${shellWord(program ?? 'cilium')} status --verbose`)}.`;
    return check('hubble', 'warning', `on, in state ${state}`, advice, node);
  }
  const buffer = bufferFlows === null ? 'of unknown size' : `of ${bufferFlows} flows`;
  return check('hubble', 'ok', `on, with a buffer ${buffer}`, null, node);
}

function judgeLeftovers(agent: AgentRef, { processes }: Probe): readonly Check[] {
  const { node } = agent;
  if (processes === null)
    return [check('leftovers', 'unknown', 'no sh in the container: its processes cannot be inspected', null, node)];
  const { policystat, others, zombies } = findLeftovers(processes);
  const checks: Check[] = [];
  if (others.length > 0) {
    const kill = inAgent(agent, `kill ${others.map(({ pid }) => pid).join(' ')}`);
    const advice = `Somebody may be reading them, but an interrupted "kubectl exec" leaves its monitor running. If nobody needs them, end them with ${kill}.`;
    const text = `${count(others.length, 'monitor')} not started by a running policystat: ${monitorsText(others)}`;
    checks.push(check('leftovers', 'warning', text, advice, node));
  }
  if (zombies.length > 0) {
    const text = `${zombies.length} ended but not reaped: ${monitorsText(zombies)}`;
    const advice = 'Each occupies a process id until the agent restarts, and nothing else.';
    checks.push(check('leftovers', 'warning', text, advice, node));
  }
  if (policystat.length > 0) {
    const oldestSeconds = Math.max(...policystat.map(({ ageSeconds }) => ageSeconds ?? 0));
    const since = oldestSeconds > LONG_SECONDS ? `, the oldest for ${ageText(oldestSeconds)}` : '';
    const text = `${count(policystat.length, 'monitor')} of a policystat that is listening${since}`;
    checks.push(check('leftovers', 'ok', text, null, node));
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
