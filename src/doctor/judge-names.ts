/** Judges whether Hubble and attribution name the same policies. */
import type { AgentRef } from '../model/cluster.ts';
import type { Check } from '../model/doctor.ts';
import type { Answer, NameComparison } from './facts.ts';
import { check, count, whyNot } from './words.ts';

const ADVICE =
  'One of the two is wrong about these, or a policy changed at that moment: try again, and if it persists, report it with the output of "policystat doctor -o json".';

/** `names` is null where Hubble is off: then there is nothing to hold anything against. */
export function judgeNames({ node }: AgentRef, names: Answer<NameComparison | null> | null): readonly Check[] {
  if (names === null) return [];
  if (names.kind !== 'known') return [check('hubble-names', 'unknown', whyNotText(names), null, node)];
  if (names.value === null) return [check('hubble-names', 'unknown', "the agent's state cannot be read", null, node)];
  const { compared, differ, differing, unnamed, older } = names.value;
  const [first] = differing;
  if (first !== undefined) {
    const text = `attribution differs for ${differ} of ${count(compared, 'verdict')} that Hubble named: for ${first.verdict}, Hubble names ${first.hubble}, and the agent's state leads to ${first.derived}`;
    return [check('hubble-names', 'warning', text, ADVICE, node)];
  }
  if (compared > 0)
    return [check('hubble-names', 'ok', `the same policies as attribution: ${countText(compared)}`, null, node)];
  const none = unnamed + older === 0 ? 'Hubble has no verdict' : 'Hubble has no verdict that it named';
  return [check('hubble-names', 'ok', `nothing to compare: ${none} since the policies last changed`, null, node)];
}

/** The same words on every node, where they are. */
function whyNotText(names: Exclude<Answer<unknown>, { kind: 'known' }>): string {
  const isOfHubble = names.kind === 'refused' && names.problem.code === 'AGENT_COMMAND_FAILED';
  return isOfHubble ? `"hubble observe" failed in the agent: ${names.problem.detail}` : whyNot(names);
}

/** A number that changes from run to run would keep nodes that say the same from being one line. */
function countText(compared: number): string {
  return compared < 10 ? 'a few verdicts' : compared < 100 ? 'tens of verdicts' : 'hundreds of verdicts';
}
