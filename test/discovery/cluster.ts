/** The captured cluster as a KubeApi in memory, to be changed by a test: objects, what is forbidden, what was asked. */
import { readFileSync } from 'node:fs';
import type { AccessQuestion, KubeApi, Resource } from '../../src/model/kubernetes.ts';
import { failure } from '../../src/model/problem.ts';

export interface TestObject {
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    labels?: Record<string, string>;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    ownerReferences?: { kind: string; name: string; uid?: string; controller?: boolean }[];
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  [field: string]: unknown;
}

export interface TestCluster {
  readonly kube: KubeApi;
  readonly objects: Map<string, TestObject[]>;
  /** `list pods`, `get ciliumendpoints`, `list pods in kube-system`. */
  readonly forbidden: Set<string>;
  readonly denied: Set<string>;
  readonly asked: string[];
}

const STATIC = new URL('../../fixtures/captures/static/', import.meta.url);

export function captured(name: string): string {
  return readFileSync(new URL(name, STATIC), 'utf8');
}

function items(name: string): TestObject[] {
  const list: unknown = JSON.parse(captured(name));
  if (!isList(list)) throw new Error(`${name} is no list`);
  return list.items;
}

function isList(value: unknown): value is { items: TestObject[] } {
  return typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items);
}

export function capturedCluster(): TestCluster {
  const objects = new Map<string, TestObject[]>([
    ['pods', items('kubectl_get_pods_-A_-o_json.json')],
    ['nodes', items('kubectl_get_nodes_-o_json.json')],
    ['ciliumendpoints', items('kubectl_get_cep_-A_-o_json.json')],
    ['ciliumidentities', items('kubectl_get_ciliumid_-A_-o_json.json')],
  ]);
  const forbidden = new Set<string>();
  const denied = new Set<string>();
  const asked: string[] = [];
  const of = ({ plural }: Resource) => objects.get(plural) ?? [];
  const refuse = (verb: string, { plural }: Resource, namespace: string | null) => {
    const short = `${verb} ${plural}`;
    asked.push(short);
    if (!forbidden.has(short) && !forbidden.has(`${short} in ${namespace ?? '*'}`)) return;
    throw failure({ code: 'FORBIDDEN', context: 'lab', verb, resource: plural, namespace, detail: `no ${short}` });
  };
  const kube: KubeApi = {
    context: 'lab',
    namespace: 'default',
    server: 'https://lab.example:6443',
    list: async (resource, { namespace, labelSelector, fieldSelector }, signal) => {
      await Promise.resolve();
      signal.throwIfAborted();
      refuse('list', resource, namespace ?? null);
      return of(resource)
        .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
        .filter(({ metadata }) => labelSelector === undefined || matchesLabels(metadata.labels ?? {}, labelSelector))
        .filter((object) => fieldSelector === undefined || matchesField(object, fieldSelector));
    },
    get: async (resource, name, namespace, signal) => {
      await Promise.resolve();
      signal.throwIfAborted();
      refuse('get', resource, namespace);
      const found = of(resource).find(
        ({ metadata }) => metadata.name === name && (namespace === null || metadata.namespace === namespace),
      );
      return found ?? null;
    },
    mayI: async ({ verb, resource, subresource, namespace }: AccessQuestion) => {
      await Promise.resolve();
      const question = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`} in ${namespace ?? '*'}`;
      asked.push(question);
      if (denied.has('error'))
        throw failure({ code: 'API_ERROR', context: 'lab', request: question, status: 500, detail: '' });
      return !denied.has(question);
    },
    openExec: () => Promise.reject(new Error('discovery opens no exec itself')),
  };
  return { kube, objects, forbidden, denied, asked };
}

/** Equality and existence: what discovery sends. */
function matchesLabels(labels: Record<string, string>, selector: string): boolean {
  return selector.split(',').every((part) => {
    const [key = '', value] = part.split('=');
    if (part.startsWith('!')) return !(part.slice(1) in labels);
    return value === undefined ? key in labels : labels[key] === value;
  });
}

function matchesField(object: TestObject, selector: string): boolean {
  const [field, value] = selector.split('=');
  if (field === 'metadata.name') return object.metadata.name === value;
  if (field === 'spec.nodeName') return object.spec?.nodeName === value;
  throw new Error(`no such field: ${selector}`);
}

/** A running pod that its controller made. */
export function pod(
  name: string,
  over: {
    namespace?: string;
    node?: string;
    owner?: { kind: string; name: string; uid?: string };
    labels?: Record<string, string>;
    spec?: Record<string, unknown>;
    status?: Record<string, unknown>;
    deletionTimestamp?: string;
    uid?: string;
  } = {},
): TestObject {
  const {
    namespace = 'default',
    node = 'k8s-node1',
    owner,
    labels = {},
    spec = {},
    status = {},
    deletionTimestamp,
    uid = `uid-${name}`,
  } = over;
  return {
    metadata: {
      name,
      namespace,
      uid,
      labels,
      creationTimestamp: '2026-11-22T18:00:00Z',
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(owner === undefined ? {} : { ownerReferences: [{ ...owner, controller: true }] }),
    },
    spec: { nodeName: node, containers: [{ name: 'main' }], ...spec },
    status: { phase: 'Running', ...status },
  };
}

export function endpointOf(
  name: string,
  id: number,
  over: { namespace?: string; uid?: string; node?: string } = {},
): TestObject {
  const { namespace = 'default', uid = `uid-${name}`, node } = over;
  return {
    metadata: { name, namespace, ownerReferences: [{ kind: 'Pod', name, uid }] },
    status: {
      id,
      identity: { id: 40000 + id, labels: [`k8s:app=${name}`, `k8s:io.kubernetes.pod.namespace=${namespace}`] },
      ...(node === undefined ? {} : { networking: { node } }),
    },
  };
}
