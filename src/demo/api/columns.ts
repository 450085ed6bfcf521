/** What the server-side tables of `kubectl get` show of each kind (kubernetes pkg/printers/internalversion, 1.36; CRDs' printer columns). */
import { ageOf } from './age.ts';
import { at, type Fields, fieldsAt, listAt, numberAt, textAt } from './fields.ts';
import { podReady, podRestarts, podStatus } from './pod-status.ts';

type Cell = string | number | null;

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly format: 'name' | '';
  /** 1 is shown with `-o wide` only. */
  readonly priority: 0 | 1;
  cell(object: unknown, nowMs: number): Cell;
}

function column(name: string, cell: Column['cell'], priority: 0 | 1 = 0, type: Column['type'] = 'string'): Column {
  return { name, type, format: name === 'Name' ? 'name' : '', priority, cell };
}

const NONE = '<none>';

function orNone(text: string): string {
  return text === '' ? NONE : text;
}

function joined(value: Fields): string {
  return orNone(
    Object.entries(value)
      .map(([key, entry]) => `${key}=${String(entry)}`)
      .join(','),
  );
}

function orNull(value: unknown): Cell {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

const name = column('Name', (o) => textAt(o, 'metadata', 'name'));
const age = column('Age', (o, nowMs) => ageOf(textAt(o, 'metadata', 'creationTimestamp'), nowMs));
/** CRDs declare their age as a date. */
const date: Column = { ...age, type: 'date' };

function texts(list: readonly unknown[], field: string): string {
  return list.map((entry) => textAt(entry, field)).join(',');
}

const template = ['spec', 'template', 'spec'] as const;
const containers = column('Containers', (o) => texts(listAt(o, ...template, 'containers'), 'name'), 1);
const images = column('Images', (o) => texts(listAt(o, ...template, 'containers'), 'image'), 1);
const workloadSelector = column('Selector', (o) => joined(fieldsAt(o, 'spec', 'selector', 'matchLabels')), 1);

function count(title: string, ...path: readonly string[]): Column {
  return column(title, (o) => numberAt(o, ...path), 0, 'integer');
}

function condition(object: unknown, type: string): string {
  const found = listAt(object, 'status', 'conditions').find((entry) => textAt(entry, 'type') === type);
  return textAt(found, 'status');
}

function nodeStatus(node: unknown): string {
  const ready = condition(node, 'Ready');
  const status = ready === 'True' ? 'Ready' : ready === 'False' ? 'NotReady' : 'Unknown';
  return at(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: unknown): string {
  const roles = Object.keys(fieldsAt(node, 'metadata', 'labels')).flatMap((label) =>
    label.startsWith('node-role.kubernetes.io/') ? [label.slice('node-role.kubernetes.io/'.length)] : [],
  );
  return orNone(roles.sort().join(','));
}

function nodeAddress(type: string): Column['cell'] {
  return (node) =>
    orNone(
      textAt(
        listAt(node, 'status', 'addresses').find((a) => textAt(a, 'type') === type),
        'address',
      ),
    );
}

function servicePorts(service: unknown): string {
  const ports = listAt(service, 'spec', 'ports').map((port) => {
    const nodePort = numberAt(port, 'nodePort');
    return `${numberAt(port, 'port')}${nodePort === 0 ? '' : `:${nodePort}`}/${textAt(port, 'protocol')}`;
  });
  return orNone(ports.join(','));
}

function endpointAddresses(endpoints: unknown): string {
  const all = listAt(endpoints, 'subsets').flatMap((subset) =>
    listAt(subset, 'ports').flatMap((port) =>
      listAt(subset, 'addresses').map((address) => `${textAt(address, 'ip')}:${numberAt(port, 'port')}`),
    ),
  );
  return orNone(all.slice(0, 3).join(',') + (all.length > 3 ? ` + ${all.length - 3} more...` : ''));
}

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  '/pods': [
    name,
    column('Ready', podReady),
    column('Status', podStatus),
    column('Restarts', podRestarts),
    age,
    column('IP', (o) => orNone(textAt(o, 'status', 'podIP')), 1),
    column('Node', (o) => orNone(textAt(o, 'spec', 'nodeName')), 1),
    column('Nominated Node', (o) => orNone(textAt(o, 'status', 'nominatedNodeName')), 1),
    column(
      'Readiness Gates',
      (o) => {
        const gates = listAt(o, 'spec', 'readinessGates');
        const ready = gates.filter((gate) => condition(o, textAt(gate, 'conditionType')) === 'True');
        return gates.length === 0 ? NONE : `${ready.length}/${gates.length}`;
      },
      1,
    ),
  ],
  '/nodes': [
    name,
    column('Status', nodeStatus),
    column('Roles', nodeRoles),
    age,
    column('Version', (o) => textAt(o, 'status', 'nodeInfo', 'kubeletVersion')),
    column('Internal-IP', nodeAddress('InternalIP'), 1),
    column('External-IP', nodeAddress('ExternalIP'), 1),
    column('OS-Image', (o) => textAt(o, 'status', 'nodeInfo', 'osImage') || '<unknown>', 1),
    column('Kernel-Version', (o) => textAt(o, 'status', 'nodeInfo', 'kernelVersion') || '<unknown>', 1),
    column('Container-Runtime', (o) => textAt(o, 'status', 'nodeInfo', 'containerRuntimeVersion') || '<unknown>', 1),
  ],
  '/services': [
    name,
    column('Type', (o) => textAt(o, 'spec', 'type')),
    column('Cluster-IP', (o) => orNone(textAt(o, 'spec', 'clusterIP'))),
    column('External-IP', (o) => {
      const own = listAt(o, 'spec', 'externalIPs').map(String);
      const given = listAt(o, 'status', 'loadBalancer', 'ingress').map((i) => textAt(i, 'ip') || textAt(i, 'hostname'));
      const balances = textAt(o, 'spec', 'type') === 'LoadBalancer';
      return [...own, ...given].join(',') || (balances ? '<pending>' : NONE);
    }),
    column('Port(s)', servicePorts),
    age,
    column('Selector', (o) => joined(fieldsAt(o, 'spec', 'selector')), 1),
  ],
  '/configmaps': [
    name,
    column('Data', (o) => Object.keys({ ...fieldsAt(o, 'data'), ...fieldsAt(o, 'binaryData') }).length),
    age,
  ],
  '/namespaces': [name, column('Status', (o) => textAt(o, 'status', 'phase')), age],
  '/serviceaccounts': [name, column('Secrets', (o) => listAt(o, 'secrets').length), age],
  '/endpoints': [name, column('Endpoints', endpointAddresses), age],
  '/events': [
    column('Last Seen', (o, nowMs) => ageOf(textAt(o, 'lastTimestamp') || textAt(o, 'eventTime'), nowMs)),
    column('Type', (o) => textAt(o, 'type')),
    column('Reason', (o) => textAt(o, 'reason')),
    column(
      'Object',
      (o) => `${textAt(o, 'involvedObject', 'kind').toLowerCase()}/${textAt(o, 'involvedObject', 'name')}`,
    ),
    column('Message', (o) => textAt(o, 'message').trim()),
    column('Count', (o) => numberAt(o, 'count'), 1, 'integer'),
    { ...name, priority: 1 },
  ],
  'apps/deployments': [
    name,
    column('Ready', (o) => `${numberAt(o, 'status', 'readyReplicas')}/${numberAt(o, 'spec', 'replicas')}`),
    count('Up-to-date', 'status', 'updatedReplicas'),
    count('Available', 'status', 'availableReplicas'),
    age,
    containers,
    images,
    workloadSelector,
  ],
  'apps/replicasets': [
    name,
    count('Desired', 'spec', 'replicas'),
    count('Current', 'status', 'replicas'),
    count('Ready', 'status', 'readyReplicas'),
    age,
    containers,
    images,
    workloadSelector,
  ],
  'apps/statefulsets': [
    name,
    column('Ready', (o) => `${numberAt(o, 'status', 'readyReplicas')}/${numberAt(o, 'spec', 'replicas')}`),
    age,
    containers,
    images,
  ],
  'apps/daemonsets': [
    name,
    count('Desired', 'status', 'desiredNumberScheduled'),
    count('Current', 'status', 'currentNumberScheduled'),
    count('Ready', 'status', 'numberReady'),
    count('Up-to-date', 'status', 'updatedNumberScheduled'),
    count('Available', 'status', 'numberAvailable'),
    column('Node Selector', (o) => joined(fieldsAt(o, ...template, 'nodeSelector'))),
    age,
    containers,
    images,
    workloadSelector,
  ],
  'networking.k8s.io/networkpolicies': [
    name,
    column('Pod-Selector', (o) => joined(fieldsAt(o, 'spec', 'podSelector', 'matchLabels'))),
    age,
  ],
  'cilium.io/ciliumendpoints': [
    name,
    column('Security Identity', (o) => orNull(at(o, 'status', 'identity', 'id')), 0, 'integer'),
    column('Ingress Enforcement', (o) => orNull(at(o, 'status', 'policy', 'ingress', 'state')), 1),
    column('Egress Enforcement', (o) => orNull(at(o, 'status', 'policy', 'egress', 'state')), 1),
    column('Endpoint State', (o) => orNull(at(o, 'status', 'state'))),
    column('IPv4', (o) => orNull(at(o, 'status', 'networking', 'addressing', 0, 'ipv4'))),
    column('IPv6', (o) => orNull(at(o, 'status', 'networking', 'addressing', 0, 'ipv6'))),
  ],
  'cilium.io/ciliumidentities': [
    name,
    column('Namespace', (o) => orNull(at(o, 'metadata', 'labels', 'io.kubernetes.pod.namespace'))),
    date,
  ],
  'cilium.io/ciliumnetworkpolicies': [name, date, column('Valid', (o) => condition(o, 'Valid') || null)],
  'cilium.io/ciliumclusterwidenetworkpolicies': [name, date, column('Valid', (o) => condition(o, 'Valid') || null)],
  'cilium.io/ciliumnodes': [
    name,
    column('CiliumInternalIP', (o) => {
      const found = listAt(o, 'spec', 'addresses').find((a) => textAt(a, 'type') === 'CiliumInternalIP');
      return orNull(at(found, 'ip'));
    }),
    column('InternalIP', (o) => {
      const found = listAt(o, 'spec', 'addresses').find((a) => textAt(a, 'type') === 'InternalIP');
      return orNull(at(found, 'ip'));
    }),
    date,
  ],
};

export function columnsOf(group: string, plural: string): readonly Column[] {
  return COLUMNS[`${group}/${plural}`] ?? [name, age];
}
