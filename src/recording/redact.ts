/** Takes addresses, names and URLs out of what is taken down: equal ones stay equal, and nobody can tell what they were. */
import type { EndpointMode } from '../model/audit.ts';
import type { AgentPlan, AgentRef, IdentityName, Target } from '../model/cluster.ts';
import type { MonitorRecord, PacketEnd } from '../model/event.ts';
import type { HubbleEndpoint, HubbleFlow } from '../model/hubble.ts';
import type { L7Record } from '../model/l7.ts';
import type { Attribution, PolicyRef } from '../model/policy.ts';
import type { RedactedKind } from '../model/recording.ts';
import { createWords, type Words } from './redact-words.ts';

export interface Redactor {
  readonly kinds: readonly RedactedKind[];
  agent(agent: AgentRef): AgentRef;
  targets(targets: AgentPlan['targets']): AgentPlan['targets'];
  node(node: string): string;
  mode(mode: EndpointMode): EndpointMode;
  identity(name: IdentityName): IdentityName;
  attribution(attribution: Attribution): Attribution;
  record(record: MonitorRecord): MonitorRecord;
  /** Anybody's words, which may hold anything. */
  text(text: string): string;
}

/** `hash`: a keyed hash in hex, at least 16 digits, whose key nobody keeps. */
export function createRedactor(kinds: readonly RedactedKind[], hash: (text: string) => string): Redactor {
  const words = createWords(kinds, hash);
  const { ip, name, text } = words;
  const record = createRecordRedactor(words);
  const identity = ({ identity: number, ...said }: IdentityName): IdentityName => ({
    identity: number,
    name: words.identityName(said.name),
    labels: said.labels.map(words.label),
    ...(said.formerly === undefined ? {} : { formerly: said.formerly.map(identity) }),
  });
  const target = (one: Target): Target => ({
    ...one,
    namespace: name('ns', one.namespace),
    pod: name('pod', one.pod),
    node: name('node', one.node),
    addresses: one.addresses.map(ip),
  });
  return {
    kinds,
    agent: (agent) => ({
      node: name('node', agent.node),
      namespace: name('ns', agent.namespace),
      pod: name('pod', agent.pod),
      container: agent.container,
    }),
    targets: (targets) => (targets === 'all' ? 'all' : targets.map(target)),
    node: (node) => name('node', node),
    mode: (mode) => ({
      ...mode,
      namespace: mode.namespace === null ? null : name('ns', mode.namespace),
      pod: mode.pod === null ? null : name('pod', mode.pod),
    }),
    identity,
    attribution: (attribution) => ({
      ...attribution,
      policies: attribution.policies.map((ref) => policyRef(ref, words)),
      isolatedBy: attribution.isolatedBy.map((ref) => policyRef(ref, words)),
    }),
    record,
    text,
  };
}

/** A policy keeps its name: it is what the numbers are about. */
function policyRef(ref: PolicyRef, { name }: Words): PolicyRef {
  return { ...ref, namespace: ref.namespace === null ? null : name('ns', ref.namespace) };
}

function createRecordRedactor(words: Words): (record: MonitorRecord) => MonitorRecord {
  const { ip, name, text, flowKey } = words;
  const end = <End extends PacketEnd>(one: End | null): End | null =>
    one === null ? null : { ...one, ip: ip(one.ip) };
  const ends = (record: { readonly source: PacketEnd | null; readonly destination: PacketEnd | null }) => ({
    source: end(record.source),
    destination: end(record.destination),
  });
  const hubbleEnd = (one: HubbleEndpoint): HubbleEndpoint => ({
    ...one,
    namespace: one.namespace === null ? null : name('ns', one.namespace),
    pod: one.pod === null ? null : name('pod', one.pod),
    labels: one.labels.map(words.label),
    workloads: one.workloads.map((workload) => ({ kind: workload.kind, name: name('workload', workload.name) })),
    cluster: one.cluster === null ? null : name('cluster', one.cluster),
    names: one.names.map(words.dnsName),
    service:
      one.service === null
        ? null
        : { namespace: name('ns', one.service.namespace), name: name('service', one.service.name) },
  });
  const hubble = (flow: HubbleFlow | null): HubbleFlow | null =>
    flow === null
      ? null
      : {
          ...flow,
          node: flow.node === null ? null : name('node', flow.node),
          source: flow.source === null ? null : hubbleEnd(flow.source),
          destination: flow.destination === null ? null : hubbleEnd(flow.destination),
          policies: flow.policies.map((ref) => policyRef(ref, words)),
        };
  return (record) => {
    switch (record.type) {
      case 'policy-verdict':
        return { ...record, ...ends(record), flowKey: flowKey(record.flowKey), hubble: hubble(record.hubble) };
      case 'drop': {
        const { verdictFlowKeys: keys } = record;
        const told = keys === undefined ? {} : { verdictFlowKeys: keys.map(flowKey) };
        return { ...record, ...ends(record), flowKey: flowKey(record.flowKey), ...told, hubble: hubble(record.hubble) };
      }
      case 'trace': {
        const { originalIp } = record;
        return {
          ...record,
          ...ends(record),
          originalIp: originalIp === null ? null : ip(originalIp),
          hubble: hubble(record.hubble),
        };
      }
      case 'l7':
        return {
          ...record,
          ...ends(record),
          sourceLabels: record.sourceLabels.map(words.label),
          destinationLabels: record.destinationLabels.map(words.label),
          l7: l7Details(record.l7, words),
          hubble: hubble(record.hubble),
        };
      case 'capture':
      case 'recorder':
        return { ...record, ...ends(record) };
      case 'nat': {
        const translated = (one: typeof record.from) =>
          one === null
            ? null
            : { ...one, ip: ip(one.ip), service: one.service === null ? null : name('service', one.service) };
        return { ...record, from: translated(record.from), to: translated(record.to), hubble: hubble(record.hubble) };
      }
      case 'debug':
      case 'agent':
      case 'unknown-event':
        return { ...record, text: text(record.text) };
      case 'unparsed':
        return { ...record, line: text(record.line) };
      case 'node-status': {
        const { nodes, message } = record;
        return {
          ...record,
          nodes: nodes.map((node) => name('node', node)),
          message: message === null ? null : text(message),
        };
      }
      case 'lost':
      case 'ignored':
        return record;
    }
  };
}

function l7Details(details: L7Record['l7'], words: Words): L7Record['l7'] {
  if ('url' in details) return { ...details, url: words.url(details.url) };
  if ('topic' in details) return { ...details, topic: words.name('topic', details.topic) };
  if ('query' in details) {
    return {
      ...details,
      query: words.dnsName(details.query),
      ips: details.ips.map(words.ip),
      cnames: details.cnames.map(words.dnsName),
    };
  }
  const fields = Object.entries(details.fields).map(([key, value]) => [key, words.text(value)] as const);
  return { ...details, fields: Object.fromEntries(fields), status: details.status };
}
