/** Judges the targets: are they there, does Cilium know them, does any policy apply to them. */
import type { Target } from '../model/cluster.ts';
import type { Check } from '../model/doctor.ts';
import type { Problem } from '../model/problem.ts';
import { explain } from '../report/explain.ts';
import type { AgentReading, Answer } from './facts.ts';
import { check, count, list, valueOf, whyNot } from './words.ts';

export interface FoundTargets {
  readonly targets: readonly Target[];
  readonly nodes: readonly string[];
  readonly warnings: readonly Problem[];
}

/** What is wrong with an agent is told with the agents. */
const OF_AGENTS: readonly Problem['code'][] = ['AGENT_NOT_FOUND', 'AGENT_NOT_READY', 'AGENT_CONTAINER_NOT_FOUND'];

export function judgeTargets(found: Answer<FoundTargets>, readings: readonly AgentReading[]): readonly Check[] {
  if (found.kind !== 'known') return [check('targets', 'failed', whyNot(found))];
  const { targets, nodes, warnings } = found.value;
  const text = `${targets.length === 0 ? 'every endpoint' : count(targets.length, 'pod')} on ${count(nodes.length, 'node')}`;
  const free = targets.filter((target) => isFree(target, readings)).map(({ namespace, pod }) => `${namespace}/${pod}`);
  return [
    check('targets', 'ok', text),
    ...warnings
      .filter(({ code }) => !OF_AGENTS.includes(code))
      .map((problem) => check('targets', 'warning', explain(problem))),
    ...(free.length === 0
      ? []
      : [
          check(
            'targets',
            'warning',
            `no policy applies to ${list(free)}: all their traffic is let through, and makes no verdicts`,
            '"policystat policies" shows whom each policy selects.',
          ),
        ]),
  ];
}

function isFree({ node, endpoint }: Target, readings: readonly AgentReading[]): boolean {
  const reading = readings.find(({ agent }) => agent.node === node);
  const known = (reading === undefined ? null : valueOf(reading.endpoints)) ?? [];
  return known.some((one) => one.endpoint === endpoint && one.enforced === 'none');
}
