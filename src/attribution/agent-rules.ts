/** Owns the policies as an agent has them (`policy get -o json`): for whoever may not list policies, and for what came to the agent in other ways. */
import * as v from 'valibot';
import type { PolicyRef } from '../model/policy.ts';
import { requirementsOf, selectorSchema } from './label-selector.ts';
import { policyFromLabels } from './policy-labels.ts';
import { ciliumSpec, type PolicyObject, type PolicySpec, readCiliumSpec } from './policy-object.ts';
import { agentPeer, type Scope } from './policy-peer.ts';
import { ciliumRuleOf, portsOf, unreadable } from './policy-rule.ts';
import { NO_STATUS } from './policy-status.ts';

/** The agent's selectors say all by themselves. */
const AGENT: Scope = { kind: 'agent' };

export interface AgentPolicies {
  readonly revision: number | null;
  readonly policies: readonly PolicyObject[];
}

const labels = v.array(v.object({ key: v.string(), value: v.optional(v.string(), ''), source: v.string() }));

/** Up to 1.18: the spec of a CiliumNetworkPolicy, with the labels of its policy. */
const ruleSchema = v.object({ ...ciliumSpec.entries, labels });

/** 1.19: one entry for each direction, side and rule (pkg/policy/types, PolicyEntry). */
const entrySchema = v.object({
  Subject: v.nullish(selectorSchema),
  L3: v.nullish(v.array(v.unknown())),
  L4: v.nullish(v.array(v.unknown())),
  Labels: labels,
  DefaultDeny: v.boolean(),
  Deny: v.optional(v.boolean(), false),
  Ingress: v.boolean(),
  Node: v.optional(v.boolean(), false),
});

const printed = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    policy: v.pipe(v.string(), v.parseJson(), v.nullable(v.array(v.unknown()))),
    revision: v.nullish(v.number()),
  }),
);

/** Null where the text is not what the command prints. */
export function readAgentPolicies(text: string): AgentPolicies | null {
  const read = v.safeParse(printed, text);
  if (!read.success) return null;
  const specs = (read.output.policy ?? []).flatMap((raw) => readRule(raw) ?? readEntry(raw) ?? []);
  return { revision: read.output.revision ?? null, policies: byPolicy(specs) };
}

interface Owned {
  readonly ref: PolicyRef | null;
  readonly spec: PolicySpec;
}

function readRule(raw: unknown): Owned | null {
  const read = v.safeParse(ruleSchema, raw);
  return read.success ? { ref: refOf(read.output.labels), spec: readCiliumSpec(read.output, AGENT) } : null;
}

function readEntry(raw: unknown): Owned | null {
  const read = v.safeParse(entrySchema, raw);
  if (!read.success) return null;
  const { Subject, L3, L4, Labels, DefaultDeny, Deny, Ingress, Node } = read.output;
  const subject = requirementsOf(Subject ?? {}, 'any');
  const ports = portsOf(L4);
  const rule = ports === null ? unreadable(Deny) : ciliumRuleOf(L3?.map(agentPeer) ?? null, ports, Deny);
  const rules = rule === null ? [] : [rule];
  const spec = {
    endpoints: Node ? null : subject,
    nodes: Node ? subject : null,
    isolates: { ingress: Ingress && DefaultDeny, egress: !Ingress && DefaultDeny },
    rules: { ingress: Ingress ? rules : [], egress: Ingress ? [] : rules },
  };
  return { ref: refOf(Labels), spec };
}

function refOf(own: v.InferOutput<typeof labels>): PolicyRef | null {
  return policyFromLabels(own.map(({ source, key, value }) => `${source}:${key}${value === '' ? '' : `=${value}`}`));
}

function byPolicy(specs: readonly Owned[]): PolicyObject[] {
  const policies = new Map<string, PolicyObject & { readonly specs: PolicySpec[] }>();
  for (const { ref, spec } of specs) {
    if (ref === null) continue;
    const key = JSON.stringify([ref.kind, ref.namespace, ref.name]);
    const policy = policies.get(key);
    if (policy === undefined) policies.set(key, { ref, specs: [spec], status: NO_STATUS });
    else policy.specs.push(spec);
  }
  return [...policies.values()];
}
