/** Why an agent's monitor or its Hubble is listened to, in one sentence. */
import type { SourceChoice } from '../model/source.ts';

export function choiceText({ kind, reason }: SourceChoice): string {
  switch (reason) {
    case 'asked-for':
      return `listening to ${nameOf(kind)}, as asked`;
    case 'hubble-names-policies':
      return 'listening to Hubble: it is on, and this Cilium names policies in its flows';
    case 'hubble-off':
      return 'listening to the monitor: Hubble is off in this agent';
    case 'hubble-names-nobody':
      return 'listening to the monitor: Hubble names policies from Cilium 1.15 on';
    case 'types-not-in-hubble':
      return 'listening to the monitor: Hubble does not have all of the event types that are asked for';
    case 'agent-did-not-tell':
      return 'listening to the monitor: the agent did not say whether Hubble is on';
  }
}

function nameOf(kind: SourceChoice['kind']): string {
  return kind === 'hubble' ? 'Hubble' : 'the monitor';
}
