/** Holds the policies that Hubble names for recent verdicts against those that the agent's own state leads to. */

import { createAnswers } from '../attribution/answers.ts';
import { attributeVerdict } from '../attribution/attribute.ts';
import { policiesOfEndpoint } from '../attribution/isolation.ts';
import type { PolicyObject } from '../attribution/policy-object.ts';
import { readRealizedPolicies } from '../attribution/realized-policy.ts';
import { readSelectors } from '../attribution/selectors.ts';
import type { NamedOtherwise } from '../model/doctor.ts';
import type { Verdict } from '../model/event.ts';
import { namespacedName } from '../model/kubernetes.ts';
import type { PolicyRef } from '../model/policy.ts';
import { createReader } from '../parser/reader.ts';
import type { EndpointFacts, NameComparison } from './facts.ts';

/** What the agent prints, read after the sample was taken. */
export interface AgentTexts {
  /** `hubble observe -o jsonpb` */
  readonly flows: string;
  readonly endpoints: string;
  readonly selectors: string;
}

/** Enough to be shown. */
const MOST_DIFFERING = 20;
const NOBODY = 'nobody';

/** Null where the state cannot be read. */
export function compareNames(
  texts: AgentTexts,
  facts: readonly EndpointFacts[],
  policies: readonly PolicyObject[],
): NameComparison | null {
  const selectors = readSelectors(texts.selectors);
  const realized = readRealizedPolicies(texts.endpoints);
  if (selectors === null || realized === null) return null;
  const answers = createAnswers();
  const states = new Map(
    realized.map((endpoint) => [
      endpoint.endpoint,
      { endpoint, selectors, policies: policiesOfEndpoint(policies, endpoint) },
    ]),
  );
  const changedMs = new Map(facts.map(({ endpoint, changedMs: atMs }) => [endpoint, atMs ?? 0]));
  const counts = { compared: 0, unnamed: 0, older: 0, differ: 0 };
  const differing: NamedOtherwise[] = [];
  const reader = createReader((record) => {
    if (record.type !== 'policy-verdict') return;
    const state = states.get(record.endpoint);
    const named = record.hubble?.policies ?? [];
    if (state === undefined || (record.hubble?.timeMs ?? 0) <= (changedMs.get(record.endpoint) ?? 0)) counts.older += 1;
    else if (named.length === 0) counts.unnamed += 1;
    else {
      const { policies: derived, ambiguous } = attributeVerdict(record, state, answers);
      const isEqual = agrees(named, derived, ambiguous);
      const revision = record.hubble?.policyRevision ?? null;
      // Of another policy than the one that was read a difference says nothing.
      if (!isEqual && revision !== null && state.endpoint.revision !== null && revision !== state.endpoint.revision) {
        counts.older += 1;
        return;
      }
      counts.compared += 1;
      if (isEqual) return;
      counts.differ += 1;
      if (differing.length < MOST_DIFFERING)
        differing.push({ verdict: verdictText(record), hubble: namesText(named), derived: namesText(derived) });
    }
  });
  reader.push(Buffer.from(texts.flows));
  reader.end();
  return { ...counts, differing };
}

/** Old versions of Hubble leave out what kind of policy it is. Of candidates Hubble's are those that decided. */
function agrees(named: readonly PolicyRef[], derived: readonly PolicyRef[], ambiguous: boolean): boolean {
  const has = (refs: readonly PolicyRef[], wanted: PolicyRef) =>
    refs.some(
      ({ kind, namespace, name }) =>
        name === wanted.name &&
        namespace === wanted.namespace &&
        (kind === null || wanted.kind === null || kind === wanted.kind),
    );
  return named.every((ref) => has(derived, ref)) && (ambiguous || derived.every((ref) => has(named, ref)));
}

function verdictText({ endpoint, direction, remoteIdentity, protocol, destinationPort, action }: Verdict): string {
  const port = destinationPort === null ? protocol : `${protocol}/${destinationPort}`;
  return `${direction} ${action} ${port} of endpoint ${endpoint} with identity ${remoteIdentity ?? 'unknown'}`;
}

function namesText(refs: readonly PolicyRef[]): string {
  const names = refs.map(namespacedName);
  return names.length === 0 ? NOBODY : [...new Set(names)].sort().join(', ');
}
