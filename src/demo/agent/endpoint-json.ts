/** Endpoints as `endpoint list` and `endpoint get` print them as JSON: with the realized policy and where it came from. */
import type { Direction } from '../../model/event.ts';
import type { Endpoint } from '../datapath/endpoint.ts';
import type { PolicyEntry, RealizedPolicy, SelectorEntry } from '../datapath/realized.ts';
import type { PolicyOrigin } from '../datapath/rule.ts';
import { originLabels, type World } from '../datapath/world.ts';
import { goJson } from './monitor-json.ts';

/** What the proxy is to do, or that it is a deny; null where there is nothing more to say. */
function selectorRule({ deny, http }: SelectorEntry): unknown {
  if (deny) return { IsDeny: true };
  if (http === null) return null;
  return {
    http: http.map(({ method, path }) => ({
      ...(path === null ? {} : { path }),
      ...(method === null ? {} : { method }),
    })),
  };
}

function labelLists(origins: readonly PolicyOrigin[]): string[][] {
  return origins.map(originLabels);
}

function entryJson(entry: PolicyEntry, direction: Direction, world: World): unknown {
  const origins = [...new Set(entry.selectors.flatMap(({ makers }) => makers))];
  const rule = {
    port: entry.port,
    ...(entry.portName === null ? {} : { 'port-name': entry.portName }),
    ...(entry.endPort > entry.port && world.version.since(17) ? { endPort: entry.endPort } : {}),
    protocol: entry.protocol,
    'l7-rules': entry.selectors.map((selector) => ({ [selector.selector.text]: selectorRule(selector) })),
  };
  const bySelector = entry.selectors.map(({ selector, makers }): [string, string[][]] => [
    selector.text,
    labelLists(makers),
  ]);
  return {
    'derived-from-rules': labelLists(origins),
    rule: goJson(rule),
    // Told on ingress only, and since 1.14 (Cilium c046f2cdd8).
    ...(direction === 'ingress' && world.version.since(14)
      ? { 'rules-by-selector': Object.fromEntries(bySelector) }
      : {}),
  };
}

/** The identities that are let in or out on every port: 0 stands for everybody. */
function identitiesOf(policy: RealizedPolicy, direction: Direction, deny: boolean, world: World): number[] | null {
  const anyPort = policy.entries[direction].filter(
    ({ protocol, port, portName }) => protocol === 'ANY' && port === 0 && portName === null,
  );
  const selectors = anyPort.flatMap(({ selectors: some }) => some).filter((one) => one.deny === deny);
  const numbers = selectors.flatMap(({ selector }) =>
    selector.everyone
      ? [0]
      : world.identities().flatMap(({ identity, parsedLabels }) => (selector.selects(parsedLabels) ? [identity] : [])),
  );
  if (!deny && !policy.enforced[direction]) numbers.push(0);
  if (!deny && direction === 'ingress') numbers.push(1);
  const distinct = [...new Set(numbers)].sort((a, b) => a - b);
  return distinct.length === 0 && deny ? null : distinct;
}

export function policyEnabled({ enforced }: RealizedPolicy, audit: boolean): string {
  const { ingress, egress } = enforced;
  if (!ingress && !egress) return 'none';
  const where = ingress && egress ? 'both' : ingress ? 'ingress' : 'egress';
  return audit ? `audit-${where}` : where;
}

/** Cilium pkg/endpoint/policy.go, as the captures have it. */
const REGENERATED = {
  code: 'OK',
  message: 'Successfully regenerated endpoint program (Reason: policy rules updated)',
  state: 'ready',
};

function endpointJson(endpoint: Endpoint, world: World, regenerated: string | null): unknown {
  const policy = world.policyOf(endpoint);
  const revision = world.toldRevision();
  const isDone = revision === world.revision();
  const realized = {
    'allowed-egress-identities': identitiesOf(policy, 'egress', false, world),
    'allowed-ingress-identities': identitiesOf(policy, 'ingress', false, world),
    build: revision,
    'denied-egress-identities': identitiesOf(policy, 'egress', true, world),
    'denied-ingress-identities': identitiesOf(policy, 'ingress', true, world),
    id: endpoint.identity,
    l4: {
      egress: policy.entries.egress.map((entry) => entryJson(entry, 'egress', world)),
      ingress: policy.entries.ingress.map((entry) => entryJson(entry, 'ingress', world)),
    },
    'policy-enabled': policyEnabled(policy, world.auditMode(endpoint)),
    'policy-revision': revision,
  };
  const options = {
    Debug: 'Disabled',
    DropNotification: 'Enabled',
    MonitorAggregationLevel: 'Medium',
    ...(world.version.since(16) ? { PolicyAccounting: world.countsPackets() ? 'Enabled' : 'Disabled' } : {}),
    PolicyAuditMode: world.auditMode(endpoint) ? 'Enabled' : 'Disabled',
    PolicyVerdictNotification: world.reportsVerdicts() ? 'Enabled' : 'Disabled',
    TraceNotification: 'Enabled',
  };
  const { containerId, namespace, pod } = endpoint;
  return {
    id: endpoint.id,
    spec: { 'label-configuration': {}, options },
    status: {
      controllers: [],
      'external-identifiers':
        pod === null
          ? {}
          : {
              'cni-attachment-id': `${containerId}:eth0`,
              'container-id': containerId,
              'k8s-namespace': namespace,
              'k8s-pod-name': pod,
              'pod-name': `${namespace ?? ''}/${pod}`,
            },
      health: { bpf: 'OK', connected: true, overallHealth: 'OK', policy: 'OK' },
      identity: { id: endpoint.identity, labels: endpoint.labels },
      ...(endpoint.namedPorts.length === 0 ? {} : { namedPorts: endpoint.namedPorts }),
      labels: { derived: [], realized: {}, 'security-relevant': endpoint.labels },
      log: regenerated === null ? [] : [{ ...REGENERATED, timestamp: regenerated }],
      networking: {
        addressing: endpoint.ip === null ? [] : [{ ipv4: endpoint.ip, 'ipv4-pool-name': 'default' }],
        'interface-index': endpoint.ifindex,
        'interface-name': endpoint.ifname,
      },
      policy: {
        'proxy-policy-revision': revision,
        'proxy-statistics': [],
        realized,
        spec: { ...realized, 'policy-revision': world.revision() },
      },
      realized: { 'label-configuration': {}, options },
      state: isDone ? 'ready' : 'regenerating',
    },
  };
}

/** `lastRegenerated`: when something was last done to an endpoint; null where nothing was. */
export function endpointsJson(
  endpoints: readonly Endpoint[],
  world: World,
  lastRegenerated: (endpoint: Endpoint) => string | null = () => null,
): string {
  return `${goJson(
    endpoints.map((endpoint) => endpointJson(endpoint, world, lastRegenerated(endpoint))),
    2,
  )}\n\n`;
}
