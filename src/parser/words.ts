/** The closed sets of words in a verdict line. */
import type { Action, MatchType } from '../model/event.ts';
import { toChoice } from './bytes.ts';

/** Cilium pkg/monitor/api/types.go. */
export const MATCH_WORDS = toChoice<MatchType>([
  ['L3-Only, ', 'L3-Only'],
  ['L3-L4, ', 'L3-L4'],
  ['L4-Only, ', 'L4-Only'],
  ['all, ', 'all'],
  ['none, ', 'none'],
  ['L3-Proto, ', 'L3-Proto'],
  ['Proto-Only, ', 'Proto-Only'],
  ['unknown, ', 'unknown'],
]);

export interface PrintedAction {
  readonly action: Action;
  /** True where the word itself says audit. */
  readonly audit: boolean;
  /** Printed in capitals, by the patched Cilium with `auditMode` after it. */
  readonly patched: boolean;
}

function printed(action: Action, audit: boolean, patched: boolean): PrintedAction {
  return { action, audit, patched };
}

/** The words in parentheses are those of an older patched Cilium. */
export const ACTION_WORDS = toChoice<PrintedAction>([
  ['allow,', printed('allow', false, false)],
  ['deny,', printed('deny', false, false)],
  ['redirect,', printed('redirect', false, false)],
  ['audit,', printed('audit', true, false)],
  ['audit(allow),', printed('allow', true, false)],
  ['audit(deny),', printed('deny', true, false)],
  ['audit(redirect),', printed('redirect', true, false)],
  ['ALLOW auditMode:false,', printed('allow', false, true)],
  ['DENY auditMode:false,', printed('deny', false, true)],
  ['REDIRECT auditMode:false,', printed('redirect', false, true)],
  ['ALLOW auditMode:true,', printed('allow', true, true)],
  ['DENY auditMode:true,', printed('deny', true, true)],
  ['REDIRECT auditMode:true,', printed('redirect', true, true)],
]);

/** pkg/monitor/api/types.go, 1.14 on; what a program does not know it prints as `Unknown-auth-type-N`. */
export const AUTH_WORD = /^(disabled|spire|test-always-fail|Unknown-auth-type-\d+)$/;

/** pkg/identity/numericidentity.go: names that monitor prints in place of a number, 1.10 on; the frequent ones first. */
export const RESERVED_NAMES: ReadonlyMap<string, number> = new Map([
  ['world', 2],
  ['host', 1],
  ['remote-node', 6],
  ['kube-apiserver', 7],
  ['health', 4],
  ['init', 5],
  ['unmanaged', 3],
  ['ingress', 8],
  ['world-ipv4', 9],
  ['world-ipv6', 10],
  ['encrypted-overlay', 11],
  ['unknown', 0],
]);

export const RESERVED_IDENTITIES = toChoice(
  Array.from(RESERVED_NAMES, ([name, identity]): [string, number] => [`${name},`, identity]),
);
