/** The closed sets of words in a verdict line. */
import type { Action, MatchType } from '../model/event.ts';
import { toBytes } from './bytes.ts';

export interface Word<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

function words<T extends string | number>(table: Readonly<Record<string, T>>): readonly Word<T>[] {
  return Object.entries(table).map(([text, value]) => ({ bytes: toBytes(text), value }));
}

/** Each word is looked for with what follows it, so that no word passes as the beginning of another. */
export const MATCH_WORDS = words<MatchType>({
  'L3-Only, ': 'L3-Only',
  'L3-L4, ': 'L3-L4',
  'L4-Only, ': 'L4-Only',
  'all, ': 'all',
  'none, ': 'none',
  'L3-Proto, ': 'L3-Proto',
  'Proto-Only, ': 'Proto-Only',
  'unknown, ': 'unknown',
});

export interface PrintedAction {
  readonly action: Action;
  /** True where the word itself says audit. */
  readonly audit: boolean;
  /** Printed in capitals, by the patched Cilium with `auditMode` after it. */
  readonly patched: boolean;
}

function printed(text: string, action: Action, audit: boolean, patched: boolean): Word<PrintedAction> {
  return { bytes: toBytes(text), value: { action, audit, patched } };
}

/** The words in parentheses are those of an older patched Cilium. */
export const ACTION_WORDS: readonly Word<PrintedAction>[] = [
  printed('allow,', 'allow', false, false),
  printed('deny,', 'deny', false, false),
  printed('redirect,', 'redirect', false, false),
  printed('audit,', 'audit', true, false),
  printed('audit(allow),', 'allow', true, false),
  printed('audit(deny),', 'deny', true, false),
  printed('audit(redirect),', 'redirect', true, false),
  printed('ALLOW auditMode:false,', 'allow', false, true),
  printed('DENY auditMode:false,', 'deny', false, true),
  printed('REDIRECT auditMode:false,', 'redirect', false, true),
  printed('ALLOW auditMode:true,', 'allow', true, true),
  printed('DENY auditMode:true,', 'deny', true, true),
  printed('REDIRECT auditMode:true,', 'redirect', true, true),
];

/** pkg/monitor/api/types.go, 1.14 on; what a program does not know it prints as `Unknown-auth-type-N`. */
export const AUTH_WORD = /^(disabled|spire|test-always-fail|Unknown-auth-type-\d+)$/;

/** pkg/identity/numericidentity.go: names that monitor prints in place of a number, 1.10 on. */
export const RESERVED_IDENTITIES = words({
  'world,': 2,
  'host,': 1,
  'remote-node,': 6,
  'kube-apiserver,': 7,
  'health,': 4,
  'init,': 5,
  'unmanaged,': 3,
  'ingress,': 8,
  'world-ipv4,': 9,
  'world-ipv6,': 10,
  'encrypted-overlay,': 11,
  'unknown,': 0,
});
