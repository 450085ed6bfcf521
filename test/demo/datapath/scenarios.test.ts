/** The demo's datapath against a real one: every verdict of the captured scenarios, decided again. */
import { readdirSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { endpointsJson } from '../../../src/demo/agent/endpoint-json.ts';
import { selectorsJson } from '../../../src/demo/agent/policy-json.ts';
import { createObjectStore } from '../../../src/demo/api/store.ts';
import { clusterObjects } from '../../../src/demo/cluster/objects.ts';
import { CLUSTERWIDE_POLICIES, NETWORK_POLICIES, resourceOf } from '../../../src/demo/cluster/resources.ts';
import { agentVersion } from '../../../src/demo/cluster/version.ts';
import { lookUp } from '../../../src/demo/datapath/realized.ts';
import { createWorld, type World } from '../../../src/demo/datapath/world.ts';

const FOLDER = 'fixtures/captures/scenarios';
const VERDICT =
  /^Policy verdict log: flow \S+ local EP ID (?<endpoint>\d+), remote ID (?<remote>\S+), proto (?<proto>\d+), (?<direction>ingress|egress), action (?<action>\w+), auth: disabled, match (?<match>\S+), (?<source>[\d.]+)(:\d+)? -> (?<destination>[\d.]+)(:(?<port>\d+))? /;
const PROTOCOLS: Readonly<Record<string, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP' };
const NAMES: Readonly<Record<string, number>> = { host: 1, world: 2, 'remote-node': 6 };

const List = v.object({
  items: v.array(
    v.looseObject({
      apiVersion: v.string(),
      kind: v.string(),
      metadata: v.looseObject({
        name: v.string(),
        namespace: v.exactOptional(v.string()),
        uid: v.exactOptional(v.string()),
      }),
    }),
  ),
});
const Realized = v.tuple([
  v.looseObject({
    status: v.looseObject({
      policy: v.looseObject({
        realized: v.looseObject({
          'policy-enabled': v.string(),
          l4: v.object({
            ingress: v.array(v.looseObject({ rule: v.string() })),
            egress: v.array(v.looseObject({ rule: v.string() })),
          }),
        }),
      }),
    }),
  }),
]);
const Selectors = v.array(v.object({ selector: v.string(), identities: v.nullable(v.array(v.number())) }));

function load(path: string): v.InferOutput<typeof List>['items'] {
  return v.parse(List, JSON.parse(readFileSync(path, 'utf8'))).items;
}

function worldOf(scenario: string): World {
  const store = createObjectStore(() => new Date(0));
  const version = agentVersion('cilium', '1.19');
  const nodes = clusterObjects(version, 0).filter(({ kind }) => kind === 'CiliumNode' || kind === 'ConfigMap');
  const objects = load(`${FOLDER}/${scenario}/objects.json`).filter(({ kind }) => kind === 'CiliumEndpoint');
  for (const object of [...nodes, ...objects]) store.put(resourceOf(object.kind), object);
  for (const policy of load(`${FOLDER}/${scenario}/policies.json`)) {
    const resource = { CiliumClusterwideNetworkPolicy: CLUSTERWIDE_POLICIES, NetworkPolicy: NETWORK_POLICIES }[
      policy.kind
    ];
    store.put(resource ?? resourceOf(policy.kind), policy);
  }
  return createWorld(store, version, () => undefined);
}

const scenarios = readdirSync(FOLDER);

describe.each(scenarios)('%s', (scenario) => {
  const world = worldOf(scenario);
  const lines = ['node1', 'node2'].flatMap((node) =>
    readFileSync(`${FOLDER}/${scenario}/${node}--monitor.stdout`, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('Policy verdict log'))
      .map((line) => ({ node: `k8s-${node}`, line })),
  );

  it.each(lines)('$node $line', ({ node, line }) => {
    const said = VERDICT.exec(line)?.groups ?? {};
    const endpoint = world.endpoints().find((one) => one.node === node && one.id === Number(said.endpoint));
    if (endpoint === undefined) throw new Error('the endpoint is not there');
    const direction = said.direction === 'ingress' ? 'ingress' : 'egress';
    const remote = world.identityOf((direction === 'ingress' ? said.source : said.destination) ?? '', node);
    const port = said.proto === '1' ? 8 : Number(said.port);
    const policy = world.policyOf(endpoint);
    expect(policy.enforced[direction]).toBe(true);
    const decision = lookUp(policy, direction, remote, [], PROTOCOLS[said.proto ?? ''] ?? '', port, 19);
    // One scenario ran in audit mode.
    const action = scenario.includes('audit') && decision.action === 'deny' ? 'audit' : decision.action;
    expect({ action, match: decision.match }).toEqual({ action: said.action, match: said.match });
    const number = NAMES[said.remote ?? ''] ?? Number(said.remote);
    // Numbers for networks are each node's own choice.
    if (number < 0x1000000) expect(remote.identity).toBe(number);
    else expect(remote.identity).toBeGreaterThan(0x1000000);
  });

  it('the endpoints say the same of their realized policy', () => {
    const files = readdirSync(`${FOLDER}/${scenario}`).filter((name) => name.includes('endpoint_get'));
    expect(files).not.toEqual([]);
    for (const file of files) {
      const [, node = '', id = ''] = /^(node\d)--endpoint_get_(\d+)/.exec(file) ?? [];
      const endpoint = world.endpoints().find((one) => one.node === `k8s-${node}` && one.id === Number(id));
      if (endpoint === undefined) throw new Error('the endpoint is not there');
      const read = (text: string) => v.parse(Realized, JSON.parse(text))[0].status.policy.realized;
      const real = read(readFileSync(`${FOLDER}/${scenario}/${file}`, 'utf8'));
      const demo = read(endpointsJson([endpoint], world));
      const rules = (some: readonly { readonly rule: string }[]) => some.map(({ rule }) => sortedRule(rule)).sort();
      expect(rules(demo.l4.ingress), file).toEqual(rules(real.l4.ingress));
      expect(rules(demo.l4.egress), file).toEqual(rules(real.l4.egress));
      expect(demo['policy-enabled'], file).toBe(real['policy-enabled'].replace('audit-', ''));
    }
  });

  it('the selectors are called the same and mean the same pods', () => {
    const read = (text: string) =>
      new Map(
        v
          .parse(Selectors, JSON.parse(text))
          .map(({ selector, identities }) => [
            selector,
            (identities ?? []).filter((identity) => identity > 255 && identity < 0x1000000).sort((a, b) => a - b),
          ]),
      );
    const demo = read(selectorsJson(world));
    const real = read(readFileSync(`${FOLDER}/${scenario}/node1--policy_selectors.json`, 'utf8'));
    expect(real.size).toBeGreaterThan(0);
    for (const [selector, identities] of real) {
      expect(demo.get(selector), selector).toEqual(identities);
    }
  });
});

/** The order of selectors within a rule is Go's choice of the moment. */
function sortedRule(rule: string): string {
  const read = v.parse(v.looseObject({ 'l7-rules': v.array(v.unknown()) }), JSON.parse(rule));
  return JSON.stringify({ ...read, 'l7-rules': read['l7-rules'].map((one) => JSON.stringify(one)).sort() });
}
