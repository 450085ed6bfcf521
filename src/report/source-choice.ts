/** Why an agent's monitor or its Hubble is listened to, in one sentence and in a few words; and how much of the past Hubble had. */
import type { SourceChoice } from '../model/source.ts';
import type { SummaryAgent, SummaryBuffer } from '../model/summary.ts';
import type { CountersState } from '../model/traffic.ts';

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
      return 'listening to the monitor: Hubble does not have all of the requested event types';
    case 'agent-did-not-tell':
      return 'listening to the monitor: the agent did not say whether Hubble is on';
  }
}

function nameOf(kind: SourceChoice['kind']): string {
  return kind === 'hubble' ? 'Hubble' : 'the monitor';
}

const SHORT: Readonly<Record<SourceChoice['reason'], string | null>> = {
  'asked-for': null,
  'hubble-names-policies': 'it names policies',
  'hubble-off': 'Hubble is off',
  'hubble-names-nobody': 'Hubble names policies from 1.15 on',
  'types-not-in-hubble': 'not all types are in Hubble',
  'agent-did-not-tell': 'unknown whether Hubble is on',
};

/** `Hubble`, `monitor: Hubble is off`; null where nobody asked or chose. */
export function sourceText({ source, sourceReason }: SummaryAgent): string | null {
  if (source === undefined || sourceReason === undefined) return null;
  const why = SHORT[sourceReason];
  const name = source === 'hubble' ? 'Hubble' : 'monitor';
  return why === null ? name : `${name}: ${why}`;
}

const COUNTERS: Readonly<Record<CountersState, string | null>> = {
  read: null,
  unread: 'counters not read',
  off: 'counts no packets at some endpoints',
};

/** What there is to know of its counters. */
export function countersText({ counters = 'read' }: SummaryAgent): string | null {
  return COUNTERS[counters];
}

/** `Hubble back to 2026-11-22 19:20:05 UTC, 4095 of 4095 flows`. */
export function bufferText({ from, flows, capacity }: SummaryBuffer): string {
  const reach = from === null ? 'Hubble, unknown how far back' : `Hubble back to ${utcText(from)}`;
  return flows === null || capacity === null ? reach : `${reach}, ${flows} of ${capacity} flows`;
}

function utcText(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
}
