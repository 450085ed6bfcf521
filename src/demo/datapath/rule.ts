/** Policies as the agent imports them, whatever kind they are: whom each selects, lets in or out, and where it isolates. */
import type { Direction } from '../../model/event.ts';
import type { PolicyKind } from '../../model/policy.ts';
import {
  CLUSTER_KEY,
  CLUSTER_NAME,
  EVERYONE,
  NAMESPACE_KEY,
  type Requirement,
  type Selector,
  toSelector,
} from './selector.ts';

export interface PolicyOrigin {
  readonly kind: PolicyKind;
  readonly namespace: string | null;
  readonly name: string;
  readonly uid: string;
}

export interface HttpRule {
  readonly method: string | null;
  readonly path: string | null;
}

export interface RulePort {
  /** `ANY` for every protocol. */
  readonly protocol: string;
  /** 0 for every port, and for one that has a name; for ICMP the type. */
  readonly port: number;
  /** Of a container's port, which each pod gives a number of its own. */
  readonly name: string | null;
  readonly endPort: number;
  /** Rules that only the proxy can judge; null where there are none. */
  readonly http: readonly HttpRule[] | null;
}

export interface Rule {
  readonly direction: Direction;
  readonly deny: boolean;
  readonly peers: readonly Selector[];
  readonly ports: readonly RulePort[];
}

export interface Spec {
  readonly origin: PolicyOrigin;
  readonly subject: Selector;
  readonly rules: readonly Rule[];
  /** Directions in which verdicts are made at all. */
  readonly enforced: readonly Direction[];
  /** Directions in which what no rule allows is refused. */
  readonly isolated: readonly Direction[];
}

export const NAMESPACE_LABELS = 'io.cilium.k8s.namespace.labels.';

function k8s(key: string, value: string): Requirement {
  return { source: 'k8s', key, operator: 'In', values: [value] };
}

/** A policy in a namespace means pods of it, unless it says otherwise. */
export function within(requirements: readonly Requirement[], namespace: string | null): Requirement[] {
  const named = requirements.some(({ key }) => key === NAMESPACE_KEY || key.startsWith(NAMESPACE_LABELS));
  return namespace === null || named ? [...requirements] : [...requirements, k8s(NAMESPACE_KEY, namespace)];
}

/** A clusterwide policy's peers are pods of any namespace, and nothing that has none. */
export function peerWithin(requirements: readonly Requirement[], namespace: string | null): Requirement[] {
  const named = requirements.some(({ key }) => key === NAMESPACE_KEY || key.startsWith(NAMESPACE_LABELS));
  if (namespace !== null || named) return within(requirements, namespace);
  return [...requirements, { source: 'k8s', key: NAMESPACE_KEY, operator: 'Exists', values: [] }];
}

/** Since 1.18 a peer without a word about clusters is one of the own cluster (`policy-default-local-cluster`). */
export function peerSelector(requirements: readonly Requirement[], local: boolean): Selector {
  if (requirements.length === 0) return EVERYONE;
  const isAdded = local && !requirements.some(({ key }) => key === CLUSTER_KEY);
  return toSelector(isAdded ? [...requirements, k8s(CLUSTER_KEY, CLUSTER_NAME)] : requirements);
}

export function rulePort(
  protocol: string,
  port: number | string,
  endPort: number | null | undefined,
  http: readonly HttpRule[] | null,
): RulePort {
  const number = Number(port);
  const isNumber = Number.isInteger(number);
  const first = isNumber ? number : 0;
  return {
    protocol: protocol.toUpperCase(),
    port: first,
    name: isNumber ? null : String(port),
    endPort: Math.max(first, endPort ?? 0),
    http,
  };
}

export const EVERY_PORT = rulePort('ANY', 0, null, null);
