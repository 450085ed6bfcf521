/** Why an agent's monitor or its Hubble is listened to: each reason is told once, of the other agents only with --verbose. */
import type { AgentPlan } from '../model/cluster.ts';
import type { SourceChoice } from '../model/source.ts';
import { choiceText } from '../report/source-choice.ts';
import type { Narrator } from './narrator.ts';

export function createChoiceTeller(narrator: Narrator): (plan: AgentPlan, choice: SourceChoice) => void {
  const told = new Set<SourceChoice['reason']>();
  return ({ agent }, choice) => {
    const text = `${agent.node}: ${choiceText(choice)}`;
    // What was asked for is no news.
    if (choice.reason === 'asked-for' || told.has(choice.reason)) narrator.detail(text);
    else narrator.tell(text);
    told.add(choice.reason);
  };
}
