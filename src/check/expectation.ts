/** What a run is held against: one expectation is one number, whose it is, and what it has to be. */
import type { Direction } from '../model/event.ts';

export const METRICS = ['allowed', 'redirected', 'audited', 'denied', 'attempts'] as const;
export type Metric = (typeof METRICS)[number];

/** How complete the data is, told by numbers that ought to be 0. */
export type LossMetric = 'lost' | 'gaps' | 'unparsed';

export type Operator = '>=' | '<=' | '==' | '!=' | '>' | '<';

export interface Comparison {
  readonly operator: Operator;
  readonly count: number;
}

export interface PolicyPattern {
  /** Null: in any namespace, or none. */
  readonly namespace: string | null;
  readonly name: string;
}

export type PeerPattern =
  | { readonly kind: 'labels'; readonly labels: readonly { readonly key: string; readonly value: string }[] }
  | { readonly kind: 'pod'; readonly namespace: string | null; readonly name: string }
  | { readonly kind: 'namespace'; readonly namespace: string }
  | { readonly kind: 'cidr'; readonly cidr: string }
  | { readonly kind: 'identity'; readonly identity: number };

export interface PortPattern {
  readonly port: number | null;
  /** `TCP`, `UDP`, `SCTP`, `ICMP`, `ICMPv6`; null for any. */
  readonly protocol: string | null;
}

export interface CountExpectation {
  readonly kind: 'count';
  /** As it was written. */
  readonly text: string;
  /** Null: whichever policy. */
  readonly policy: PolicyPattern | null;
  /** Null: the direction that has more. */
  readonly direction: Direction | null;
  readonly metric: Metric;
  readonly comparison: Comparison;
  readonly peer: PeerPattern | null;
  readonly port: PortPattern | null;
  /** From the start of the window, in milliseconds; null: the whole of it. */
  readonly withinMs: number | null;
}

interface LossExpectation {
  readonly kind: 'loss';
  readonly text: string;
  readonly metric: LossMetric;
  readonly comparison: Comparison;
}

export type Expectation = CountExpectation | LossExpectation;

/** What is wrong with an expectation's text, and where. */
export interface SyntaxProblem {
  readonly text: string;
  /** The first character that is wrong; the text's length where it ends too early. */
  readonly at: number;
  /** What would have been right there. */
  readonly wanted: string;
}
