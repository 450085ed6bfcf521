/** Measures what attribution costs beside parsing: a million verdicts of 500 endpoints through the parser alone, and through both. */
import { createAnswers } from '../src/attribution/answers.ts';
import type { EndpointState } from '../src/attribution/attribute.ts';
import { createAttributor } from '../src/attribution/attributor.ts';
import { policiesOfEndpoint } from '../src/attribution/isolation.ts';
import { readPolicyObject } from '../src/attribution/policy-object.ts';
import { readRealizedPolicies } from '../src/attribution/realized-policy.ts';
import { readSelectors, type SelectorTable } from '../src/attribution/selectors.ts';
import type { MonitorRecord } from '../src/model/event.ts';
import { createReader } from '../src/parser/reader.ts';

export const VERDICTS = 1_000_000;
const ENDPOINTS = 500;
const PEERS = 12;
const PORTS = [80, 443, 8080];
const CHUNK_BYTES = 64 * 1024;
const FIRST_IDENTITY = 10_000;
const NAME_LABEL = 'k8s:io.cilium.k8s.policy';

/** Milliseconds for all verdicts, with and without attribution. */
export interface AttributionCost {
  readonly parse: () => Promise<number>;
  readonly parseAndAttribute: () => Promise<number>;
}

export function attributionCost(): AttributionCost {
  const chunks = verdictChunks();
  const selectors = selectorTable();
  const states = Array.from({ length: ENDPOINTS }, (_, at) => stateOf(at + 1, selectors));
  const measure = (emit: (record: MonitorRecord) => void) => {
    const reader = createReader(emit);
    const startMs = performance.now();
    for (const chunk of chunks) reader.push(chunk);
    reader.end();
    return performance.now() - startMs;
  };
  return {
    parse: () => {
      let verdicts = 0;
      const ms = measure((record) => {
        if (record.type === 'policy-verdict') verdicts += 1;
      });
      expectAll(verdicts);
      return Promise.resolve(ms);
    },
    parseAndAttribute: () => {
      const attributor = createAttributor(createAnswers());
      for (const state of states)
        attributor.setEndpointState(state.endpoint.endpoint, state, { askedMs: 0, answeredMs: 0 });
      let named = 0;
      const ms = measure((record) => {
        if (record.type === 'policy-verdict' && attributor.attribute(record, 1).grade !== 'unattributed') named += 1;
      });
      expectAll(named);
      return Promise.resolve(ms);
    },
  };
}

function expectAll(verdicts: number): void {
  if (verdicts !== VERDICTS) throw new Error(`${verdicts} of ${VERDICTS} verdicts were understood`);
}

/** The same each time: a xorshift generator chooses endpoint, peer and port, so that neighbours differ. */
function verdictChunks(): Uint8Array[] {
  let seed = 2463534242;
  const below = (bound: number) => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) % bound;
  };
  const bytes = Buffer.alloc(VERDICTS * 200);
  let size = 0;
  for (let made = 0; made < VERDICTS; made += 1) {
    const peer = below(PEERS);
    const port = PORTS[below(PORTS.length)] ?? 80;
    const decision =
      peer === PEERS - 1 ? 'action deny, auth: disabled, match none' : 'action allow, auth: disabled, match L3-L4';
    const from = `10.244.${peer}.${1 + below(250)}:${32_768 + below(28_000)}`;
    size += bytes.write(
      `Policy verdict log: flow 0x0 local EP ID ${1 + below(ENDPOINTS)}, remote ID ${FIRST_IDENTITY + peer}, proto 6, ingress, ${decision}, ${from} -> 10.244.1.9:${port} tcp SYN\n`,
      size,
    );
  }
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < size; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, Math.min(size, at + CHUNK_BYTES)));
  return chunks;
}

const GROUPS = ['even', 'odd'].map((group) => ({
  group,
  selector: `&LabelSelector{MatchLabels:map[string]string{any.group: ${group},},MatchExpressions:[]LabelSelectorRequirement{},}`,
}));

/** One table for all endpoints, as an agent has. The last of the peers is selected by nobody. */
function selectorTable(): SelectorTable {
  const table = GROUPS.map(({ selector }, half) => ({
    selector,
    identities: Array.from({ length: PEERS - 1 }, (_, peer) => peer)
      .filter((peer) => peer % 2 === half)
      .map((peer) => FIRST_IDENTITY + peer),
  }));
  const read = readSelectors(JSON.stringify(table));
  if (read === null) throw new Error('the made selectors are not readable');
  return read;
}

/** Each port is opened by two policies, one for the even peers and one for the odd. */
function stateOf(endpoint: number, selectors: SelectorTable): EndpointState {
  const labels = ['k8s:io.kubernetes.pod.namespace=shop', `k8s:app=app-${endpoint}`];
  const names = GROUPS.map(({ group, selector }) => ({ name: `${group}-to-${endpoint}`, selector }));
  const ingress = PORTS.map((port) => {
    const bySelector = names.map(({ name, selector }): [string, string[][]] => [
      selector,
      [
        [
          `${NAME_LABEL}.derived-from=CiliumNetworkPolicy`,
          `${NAME_LABEL}.name=${name}`,
          `${NAME_LABEL}.namespace=shop`,
        ],
      ],
    ]);
    return {
      rule: JSON.stringify({ port, protocol: 'TCP', 'l7-rules': GROUPS.map(({ selector }) => ({ [selector]: null })) }),
      'derived-from-rules': bySelector.flatMap(([, lists]) => lists),
      'rules-by-selector': Object.fromEntries(bySelector),
    };
  });
  const printed = {
    id: endpoint,
    status: {
      identity: { id: 20_000 + endpoint, labels },
      policy: { realized: { 'policy-enabled': 'ingress', 'policy-revision': 2, l4: { ingress, egress: [] } } },
    },
  };
  const [realized] = readRealizedPolicies(JSON.stringify([printed])) ?? [];
  if (realized === undefined) throw new Error('the made state is not readable');
  const policies = names.map(({ name }) => ({
    kind: 'CiliumNetworkPolicy',
    metadata: { name, namespace: 'shop' },
    spec: { endpointSelector: { matchLabels: { app: `app-${endpoint}` } }, ingress: [{ fromEntities: ['all'] }] },
  }));
  const objects = policies.flatMap((policy) => readPolicyObject(policy) ?? []);
  return { endpoint: realized, selectors, policies: policiesOfEndpoint(objects, realized) };
}
