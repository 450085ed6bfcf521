/** Owns the agent's own realized policy of an endpoint, as `endpoint get ID -o json` and `endpoint list -o json` print it. */
import * as v from 'valibot';
import type { Direction } from '../model/event.ts';
import type { PolicyRef } from '../model/policy.ts';
import { policyFromLabels } from './policy-labels.ts';
import { readSelectorText, type SelectorMeaning } from './selectors.ts';

/** One selector of an entry: whose traffic, and what happens to it. */
export interface RealizedSelector {
  readonly text: string;
  readonly meaning: SelectorMeaning;
  readonly deny: boolean;
  /** It has a section for the proxy, so that matching traffic is redirected. */
  readonly redirects: boolean;
  /** Null where the agent does not tell policies per selector: on egress, and before 1.14. */
  readonly policies: readonly PolicyRef[] | null;
}

export interface RealizedEntry {
  /** Upper case; `ANY` for every protocol. */
  readonly protocol: string;
  /** 0 is every port; for ICMP this is the type. */
  readonly port: number;
  /** Never below `port`. */
  readonly endPort: number;
  /** Where it ends by the rules of its policies; present where ranges begin there and the agent tells of no ends. */
  readonly ruledEnd?: number;
  readonly portName: string | null;
  readonly selectors: readonly RealizedSelector[];
  /** All policies that made the entry. */
  readonly policies: readonly PolicyRef[];
}

export interface RealizedPolicy {
  readonly endpoint: number;
  readonly identity: number | null;
  /** The labels that policies select by. */
  readonly labels: readonly string[];
  readonly namespace: string | null;
  readonly pod: string | null;
  readonly revision: number | null;
  /** False while the agent works on the endpoint: its labels change before its policy does (Cilium pkg/endpoint/labels.go, policy.go). */
  readonly isSettled: boolean;
  readonly enforced: Readonly<Record<Direction, boolean>>;
  /** What would be refused is let through. */
  readonly audits: boolean;
  /** False where the endpoint reports no verdicts at all. */
  readonly reportsVerdicts: boolean;
  /** False where its policy map counts no packets. */
  readonly countsPackets: boolean;
  readonly entries: Readonly<Record<Direction, readonly RealizedEntry[]>>;
  /** The endpoint's own container ports, by name. */
  readonly namedPorts: ReadonlyMap<string, number>;
}

const labelLists = v.nullish(v.array(v.nullish(v.array(v.string()))));
const entrySchema = v.object({
  rule: v.string(),
  'derived-from-rules': labelLists,
  'rules-by-selector': v.nullish(v.record(v.string(), labelLists)),
});
/** `IsDeny` up to 1.19; the versions after it have a verdict: none or 0 allows (pkg/policy/l4.go, PerSelectorPolicy). */
const selectorRule = v.looseObject({
  IsDeny: v.nullish(v.boolean()),
  verdict: v.nullish(v.union([v.number(), v.string()])),
});
const selectorRules = v.record(v.string(), v.nullish(selectorRule));
/** Sections of a rule that ask for no proxy. */
const NO_REDIRECT: readonly string[] = ['IsDeny', 'verdict', 'auth', 'priority', 'listenerPriority'];
const ALLOW = 0;
const DENY = 1;
const ruleSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    port: v.nullish(v.number()),
    endPort: v.nullish(v.number()),
    'port-name': v.nullish(v.string()),
    protocol: v.nullish(v.string()),
    'l7-rules': v.nullish(v.array(selectorRules)),
  }),
);
const realizedSchema = v.object({
  'policy-enabled': v.nullish(v.string()),
  'policy-revision': v.nullish(v.number()),
  l4: v.nullish(v.object({ ingress: v.nullish(v.array(entrySchema)), egress: v.nullish(v.array(entrySchema)) })),
});
const endpointSchema = v.object({
  id: v.number(),
  status: v.object({
    'external-identifiers': v.nullish(
      v.object({ 'k8s-namespace': v.nullish(v.string()), 'k8s-pod-name': v.nullish(v.string()) }),
    ),
    identity: v.nullish(v.object({ id: v.number(), labels: v.nullish(v.array(v.string())) })),
    policy: v.nullish(
      v.object({
        realized: v.nullish(realizedSchema),
        spec: v.nullish(v.object({ 'policy-revision': v.nullish(v.number()) })),
      }),
    ),
    state: v.nullish(v.string()),
    realized: v.nullish(v.object({ options: v.nullish(v.record(v.string(), v.string())) })),
    namedPorts: v.nullish(v.array(v.object({ name: v.nullish(v.string()), port: v.nullish(v.number()) }))),
  }),
});

const printed = v.pipe(v.string(), v.parseJson(), v.array(v.unknown()));

/** Null where the text is not what these commands print; an endpoint that is not understood is left out. */
export function readRealizedPolicies(text: string): RealizedPolicy[] | null {
  const read = v.safeParse(printed, text);
  if (!read.success) return null;
  return read.output.flatMap((raw) => {
    const endpoint = v.safeParse(endpointSchema, raw);
    return endpoint.success ? [realizedPolicy(endpoint.output)] : [];
  });
}

function realizedPolicy({ id, status }: v.InferOutput<typeof endpointSchema>): RealizedPolicy {
  const realized = status.policy?.realized;
  const enabled = realized?.['policy-enabled'] ?? 'none';
  const names = status['external-identifiers'];
  const named = createNamer();
  return {
    endpoint: id,
    identity: status.identity?.id ?? null,
    labels: status.identity?.labels ?? [],
    namespace: given(names?.['k8s-namespace']),
    pod: given(names?.['k8s-pod-name']),
    revision: realized?.['policy-revision'] ?? null,
    isSettled: isSettled(status),
    // `audit-` goes before the direction in audit mode (api/v1/models, EndpointPolicyEnabled).
    enforced: { ingress: /ingress|both/u.test(enabled), egress: /egress|both/u.test(enabled) },
    audits: enabled.startsWith('audit-'),
    reportsVerdicts: status.realized?.options?.PolicyVerdictNotification !== 'Disabled',
    // Before 1.16 there is no such option (pkg/option/runtime_options.go).
    countsPackets: status.realized?.options?.PolicyAccounting !== 'Disabled',
    entries: { ingress: entries(realized?.l4?.ingress, named), egress: entries(realized?.l4?.egress, named) },
    namedPorts: new Map((status.namedPorts ?? []).map(({ name, port }) => [name ?? '', port ?? 0])),
  };
}

/** What is desired may be older than what is realized, where a change did not concern the endpoint. */
function isSettled({ state, policy }: v.InferOutput<typeof endpointSchema>['status']): boolean {
  const desired = policy?.spec?.['policy-revision'] ?? 0;
  return (state ?? 'ready') === 'ready' && desired <= (policy?.realized?.['policy-revision'] ?? 0);
}

function entries(raw: v.InferOutput<typeof entrySchema>[] | null | undefined, named: Namer): RealizedEntry[] {
  return (raw ?? []).flatMap((entry) => {
    const read = v.safeParse(ruleSchema, entry.rule);
    if (!read.success) return [];
    const { port, endPort, protocol, 'port-name': portName, 'l7-rules': rules } = read.output;
    const bySelector = entry['rules-by-selector'] ?? null;
    const first = port ?? 0;
    return [
      {
        protocol: (protocol ?? 'ANY').toUpperCase(),
        port: first,
        endPort: Math.max(first, endPort ?? 0),
        portName: given(portName),
        selectors: selectors(rules ?? [], bySelector, named),
        policies: named(entry['derived-from-rules']),
      },
    ];
  });
}

function selectors(
  rules: readonly v.InferOutput<typeof selectorRules>[],
  bySelector: Readonly<Record<string, v.InferOutput<typeof labelLists>>> | null,
  named: Namer,
): RealizedSelector[] {
  return rules.flatMap((group) =>
    Object.entries(group).flatMap(([text, rule]) => {
      const deny = isDenying(rule ?? {});
      if (deny === null) return [];
      return {
        text,
        meaning: readSelectorText(text),
        deny,
        redirects: Object.keys(rule ?? {}).some((section) => !NO_REDIRECT.includes(section)),
        policies: bySelector === null ? null : named(bySelector[text]),
      };
    }),
  );
}

/** Null where it passes on to the rules of the next tier, and decides nothing by itself. */
function isDenying({ IsDeny, verdict }: v.InferOutput<typeof selectorRule>): boolean | null {
  if (IsDeny === true || verdict === DENY || (typeof verdict === 'string' && /^deny$/iu.test(verdict))) return true;
  const allows = verdict === undefined || verdict === null || verdict === ALLOW || verdict === '';
  return allows || (typeof verdict === 'string' && /^allow$/iu.test(verdict)) ? false : null;
}

type Namer = (lists: v.InferOutput<typeof labelLists>) => readonly PolicyRef[];

/** One list for all entries of the same rules: the answer to it is found by the list. */
function createNamer(): Namer {
  const known = new Map<string, readonly PolicyRef[]>();
  return (lists) => {
    const key = JSON.stringify(lists ?? []);
    const named = known.get(key) ?? (lists ?? []).flatMap((labels) => policyFromLabels(labels ?? []) ?? []);
    known.set(key, named);
    return named;
  };
}

/** The agent writes '' for what is not there. */
function given(text: string | null | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

/** Whether one of its entries is this policy's. */
export function realizes(
  { entries }: Pick<RealizedPolicy, 'entries'>,
  { kind, namespace, name }: PolicyRef,
  direction: Direction,
): boolean {
  return entries[direction].some(({ policies }) =>
    policies.some(
      (named) => named.name === name && named.namespace === namespace && (named.kind === null || named.kind === kind),
    ),
  );
}
