/** What is concluded from what is known of the cluster and what was counted, and what is not. */
import { describe, expect, it, test } from 'vitest';
import { readPolicyObject } from '../../src/attribution/policy-object.ts';
import type { RealizedPolicy } from '../../src/attribution/realized-policy.ts';
import { type CensusSources, takeCensus } from '../../src/inventory/census.ts';
import { reportPolicies } from '../../src/inventory/report.ts';
import type { PolicyUse } from '../../src/model/policy-report.ts';
import type { PolicyRow, Summary } from '../../src/model/summary.ts';
import { stateOf } from '../attribution/state-maker.ts';
import { full, row, silent } from '../report/summaries.ts';

const DEATHSTAR = { matchLabels: { class: 'deathstar' } };
const LABELS = ['k8s:class=deathstar', 'k8s:io.kubernetes.pod.namespace=default', 'k8s:org=empire'];
const PORT = [{ ports: [{ port: '80', protocol: 'TCP' }] }];
const RULE = { fromEndpoints: [{ matchLabels: { org: 'empire' } }], toPorts: PORT };

function policyObject(spec: unknown, over: Readonly<Record<string, unknown>> = {}): unknown {
  const metadata = { name: 'p', namespace: 'default', creationTimestamp: '2026-11-01T00:00:00Z' };
  return { kind: 'CiliumNetworkPolicy', metadata, spec, ...over };
}

const HOLDING_P = { port: 80, rules: { '&LabelSelector{}': { by: ['default/p'] } } };

/** An endpoint as its agent prints it. */
function endpoint(pod: string, over: Parameters<typeof stateOf>[0] & { silent?: boolean } = {}): RealizedPolicy {
  const { silent: isSilent = false, ...spec } = over;
  const made = stateOf({ enabled: 'ingress', ingress: [HOLDING_P], ...spec }).endpoint;
  return { ...made, pod, reportsVerdicts: !isSilent };
}

interface Told extends Partial<CensusSources> {
  readonly objects: readonly unknown[];
  readonly endpoints?: readonly RealizedPolicy[];
  readonly rows?: readonly PolicyRow[];
  readonly summary?: Partial<Summary>;
}

function report({ objects, endpoints = [endpoint('a')], rows = [], summary = {}, ...sources }: Told) {
  const scope = sources.scope ?? { kind: 'cluster', namespace: null };
  const agent = { node: 'n1', endpoints, isWholeNodeWanted: true, isStreaming: true };
  const census = takeCensus({
    scope,
    agents: [agent],
    listed: null,
    targets: [],
    missingNodes: [],
    nodesByAddress: new Map(),
    ...sources,
  });
  const policies = objects.flatMap((object) => readPolicyObject(object) ?? []);
  return reportPolicies(full({ policies: rows, ...summary }), scope, {
    listedFrom: 'api',
    rateLimited: [],
    policies,
    census,
  });
}

function onlyUse(told: Told): PolicyUse {
  const [use, ...others] = report(told).policies;
  if (use === undefined || others.length > 0) throw new Error('not one policy');
  return use;
}

describe('a policy is not enforced', () => {
  test.each([
    ['enforcement-off', policyObject({ endpointSelector: DEATHSTAR, ingress: [RULE] }), { enabled: 'none' }],
    ['enforcement-off', policyObject({ endpointSelector: DEATHSTAR, egress: [{ toPorts: PORT }] }), {}],
    ['not-realized', policyObject({ endpointSelector: DEATHSTAR, ingress: [RULE] }), { ingress: [] }],
    ['no-rules', policyObject({ endpointSelector: DEATHSTAR }), {}],
  ])('because of %s', (reason, object, state) => {
    const use = onlyUse({ objects: [object], endpoints: [endpoint('a', state)] });
    expect(use).toMatchObject({ standing: 'not-enforced', enforcement: { status: 'not-enforced', reasons: [reason] } });
  });

  it('where Cilium refused it, in its own words', () => {
    const conditions = [{ type: 'Valid', status: 'False', message: 'port 99999 is out of range' }];
    const object = policyObject({ endpointSelector: DEATHSTAR, ingress: [RULE] }, { status: { conditions } });
    expect(onlyUse({ objects: [object], endpoints: [endpoint('a', { ingress: [] })] })).toMatchObject({
      standing: 'not-enforced',
      enforcement: { reasons: ['not-realized', 'rejected'], message: 'port 99999 is out of range' },
    });
  });

  it('where Cilium refused it and holds nothing of it, though others are enforced there', () => {
    const conditions = [{ type: 'Valid', status: 'False', message: 'no' }];
    const spec = { endpointSelector: DEATHSTAR, ingress: [{ fromEndpoints: [{}] }] };
    const object = policyObject(spec, { metadata: { name: 'q', namespace: 'default' }, status: { conditions } });
    expect(onlyUse({ objects: [object] })).toMatchObject({
      standing: 'not-enforced',
      enforcement: { status: 'not-enforced', reasons: ['not-realized', 'rejected'] },
    });
  });

  it('where a node of an older Cilium failed to', () => {
    const nodes = { n2: { ok: true }, n1: { ok: false, error: 'bad selector' } };
    const object = policyObject({ endpointSelector: DEATHSTAR, ingress: [RULE] }, { status: { nodes } });
    expect(onlyUse({ objects: [object] }).enforcement).toMatchObject({
      status: 'enforced',
      message: 'n1: bad selector',
    });
  });

  it('at some endpoints only', () => {
    const object = policyObject({ endpointSelector: DEATHSTAR, ingress: [RULE] });
    const use = onlyUse({ objects: [object], endpoints: [endpoint('a'), endpoint('b', { enabled: 'none' })] });
    expect(use).toMatchObject({ standing: 'not-seen', enforcement: { status: 'partly', enforced: 1, known: 2 } });
  });

  it('but a rule that may make no entry is given the benefit of the doubt', () => {
    const object = policyObject({ endpointSelector: DEATHSTAR, ingress: [{ fromEndpoints: [{}] }] });
    const use = onlyUse({ objects: [object], endpoints: [endpoint('a', { ingress: [] })] });
    expect(use.enforcement).toMatchObject({ status: 'enforced' });
  });
});

describe('whom a policy selects', () => {
  const object = policyObject({ endpointSelector: DEATHSTAR, ingress: [RULE] });
  const listed = { namespace: 'default', pod: 'b', nodeAddress: '10.0.0.2', labels: LABELS };

  it('includes pods on nodes that were not heard', () => {
    const use = onlyUse({ objects: [object], listed: [listed] });
    expect(use).toMatchObject({
      standing: 'not-seen',
      selects: { pods: 2, listened: 1, isComplete: true },
      nodes: { total: 2, heard: 1, seen: 0 },
      enforcement: { known: 1 },
    });
  });

  it('is unclear where none of its nodes was heard', () => {
    const use = onlyUse({ objects: [object], listed: [listed], endpoints: [] });
    expect(use).toMatchObject({
      standing: 'unclear',
      enforcement: { status: 'unknown' },
      nodes: { total: 1, heard: 0 },
    });
  });

  it('counts a node once, whether its agent told of its pods or its address is known', () => {
    const agents = [
      { node: 'n1', endpoints: [endpoint('a')], isWholeNodeWanted: true, isStreaming: true },
      { node: 'n2', endpoints: null, isWholeNodeWanted: true, isStreaming: true },
    ];
    const nodesByAddress = new Map([['10.0.0.2', 'n2']]);
    const own = { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'p' } as const;
    const rows = [row({ policy: own, nodes: ['n2'] })];
    expect(onlyUse({ objects: [object], listed: [listed], agents, nodesByAddress, rows })).toMatchObject({
      selects: { pods: 2, listened: 2 },
      nodes: { total: 2, heard: 2, seen: 1 },
    });
  });

  it('leaves out what its agent knows to be gone', () => {
    const gone = { ...listed, pod: 'gone', nodeAddress: '10.0.0.1' };
    const here = { ...listed, pod: 'a', nodeAddress: '10.0.0.1' };
    expect(onlyUse({ objects: [object], listed: [here, gone] }).selects).toMatchObject({ pods: 1 });
  });

  it('is not nobody where not everybody could be asked for', () => {
    const nobody = policyObject({ endpointSelector: { matchLabels: { class: 'none' } }, ingress: [RULE] });
    expect(onlyUse({ objects: [nobody] }).standing).toBe('selects-nobody');
    const unsure = onlyUse({ objects: [nobody], missingNodes: ['n2'] });
    expect(unsure).toMatchObject({ standing: 'unclear', selects: { pods: 0, isComplete: false } });
    expect(onlyUse({ objects: [nobody], missingNodes: ['n2'], listed: [listed] }).standing).toBe('selects-nobody');
  });

  it('is told for each of several specs', () => {
    const specs = [
      { endpointSelector: DEATHSTAR, ingress: [RULE] },
      { endpointSelector: { matchLabels: { class: 'none' } }, egress: [{}] },
    ];
    const use = onlyUse({ objects: [policyObject(undefined, { specs })] });
    expect(use.selects).toMatchObject({ pods: 1, specs: 2, emptySpecs: 1 });
    // The spec that selects nobody asks for nothing here.
    expect(use.enforcement).toMatchObject({ status: 'enforced' });
  });

  it('of targets, is more than was listened to', () => {
    const target = { namespace: 'default', pod: 'a', node: 'n1', endpoint: 1026, identity: null };
    const agent = {
      node: 'n1',
      isWholeNodeWanted: false,
      isStreaming: true,
      endpoints: [endpoint('a'), endpoint('b')],
    };
    const use = onlyUse({
      objects: [object],
      scope: { kind: 'targets', namespace: null },
      targets: [target],
      agents: [agent],
    });
    expect(use.selects).toMatchObject({ pods: 2, listened: 1, examples: [{ pod: 'a' }, { pod: 'b' }] });
  });
});

describe('what was seen', () => {
  const object = policyObject({ endpointSelector: DEATHSTAR, ingress: [RULE] });
  const own = { kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'p' } as const;
  const bare = { kind: null, namespace: null, name: 'p' };
  const denied = row({
    policy: { kind: null, namespace: null, name: 'implicit-default-deny' },
    ...{ attribution: 'default-deny', allowed: 0, denied: 5, isolatedBy: [own], nodes: ['n1'] },
  });

  it('adds both directions and tells the nodes', () => {
    const rows = [
      row({ policy: own, allowed: 2, nodes: ['n1'], lastSeen: '2026-11-20T12:03:10.000Z' }),
      row({ policy: own, allowed: 0, redirected: 3, direction: 'egress', nodes: ['n1', 'n2'] }),
    ];
    expect(onlyUse({ objects: [object], rows })).toMatchObject({
      standing: 'seen',
      seen: { allowed: 2, redirected: 3, lastSeen: '2026-11-20T12:03:30.000Z' },
      nodes: { total: 2, heard: 2, seen: 2 },
    });
  });

  it('tells the directions apart: a connection between two of its endpoints has a verdict at each end', () => {
    const rows = [
      row({ policy: own, allowed: 2 }),
      row({ policy: own, allowed: 2, denied: 1, attempts: 1, direction: 'egress' }),
    ];
    const none = { redirected: 0, audited: 0 };
    expect(onlyUse({ objects: [object], rows })).toMatchObject({
      seen: { allowed: 4, denied: 1 },
      byDirection: {
        ingress: { allowed: 2, ...none, denied: 0, attempts: 0 },
        egress: { allowed: 2, ...none, denied: 1, attempts: 1 },
      },
    });
  });

  it('may be packets that were counted, without a verdict', () => {
    const agents = full().source.agents.map((agent) => ({ ...agent, counters: 'read' as const }));
    const summary = { source: { ...full().source, agents } };
    const traffic = { packets: 6, bytes: 522, shared: false, lowerBound: false };
    const rows = [row({ policy: own, allowed: 0, traffic })];
    expect(onlyUse({ objects: [object], rows, summary })).toMatchObject({
      standing: 'seen',
      traffic,
      byDirection: { ingress: { traffic }, egress: { traffic: { packets: 0 } } },
    });
    expect(onlyUse({ objects: [object], summary })).toMatchObject({ standing: 'not-seen', traffic: { packets: 0 } });
    expect(onlyUse({ objects: [object], summary, endpoints: [] }).traffic).toBeNull();
    expect(onlyUse({ objects: [object] })).not.toHaveProperty('traffic');
  });

  it('in a recording is told with its nodes, and not more than was seen', () => {
    const denials = { ...denied, nodes: ['k8s-node1'] };
    const told = reportPolicies(full({ policies: [denials] }), { kind: 'files', namespace: null }, null).policies;
    expect(told).toMatchObject([{ standing: 'rules-not-seen', nodes: { total: 2, heard: 2, seen: 1 } }]);
  });

  it('where it only isolates says so, unless isolating is all that it is for', () => {
    const seen = { allowed: 0, denied: 0, defaultDenied: 5 };
    expect(onlyUse({ objects: [object], rows: [denied] })).toMatchObject({ standing: 'rules-not-seen', seen });
    for (const rule of [{}, { fromEntities: [] }]) {
      const closing = policyObject({ endpointSelector: DEATHSTAR, ingress: [rule] });
      expect(onlyUse({ objects: [closing], rows: [denied] })).toMatchObject({ standing: 'seen', seen });
    }
  });

  it('under a bare name belongs to the only policy of that name, and is open where there are two', () => {
    const rows = [row({ policy: bare, attribution: 'datapath', allowed: 4 })];
    expect(onlyUse({ objects: [object], rows })).toMatchObject({
      standing: 'seen',
      seen: { allowed: 4, ambiguous: 0 },
    });
    const other = policyObject(
      { endpointSelector: DEATHSTAR, ingress: [RULE] },
      { metadata: { name: 'p', namespace: 'b' } },
    );
    const { policies } = report({ objects: [object, other], rows });
    expect(policies).toMatchObject([
      { standing: 'selects-nobody', policy: { namespace: 'b' }, seen: { allowed: 0, ambiguous: 4 } },
      { standing: 'unclear', policy: { namespace: 'default' }, seen: { allowed: 0, ambiguous: 4 } },
    ]);
  });

  it('is open where it is one of several that may have decided', () => {
    const rows = [row({ policy: { ...bare, kind: 'CiliumNetworkPolicy', namespace: 'default' }, ambiguous: true })];
    expect(onlyUse({ objects: [object], rows })).toMatchObject({
      standing: 'unclear',
      seen: { allowed: 0, ambiguous: 3 },
    });
  });

  it('is silence where the endpoints report no verdicts', () => {
    const use = onlyUse({ objects: [object], endpoints: [endpoint('a', { silent: true })] });
    expect(use).toMatchObject({ standing: 'unclear', silent: 1 });
  });

  it('does not hide what nobody could put down to a policy', () => {
    const unattributed = (reason: PolicyRow['reason']) =>
      row({
        policy: { kind: null, namespace: null, name: 'unattributed' },
        attribution: 'unattributed',
        reason,
        allowed: 7,
      });
    const { unattributed: count } = report({
      objects: [object],
      rows: [unattributed('no-state'), unattributed('no-policy-applies'), { ...denied, isolatedBy: [] }],
    });
    expect(count).toBe(7 + 5);
  });

  it('is measured by the age of a policy that is younger than the window', () => {
    const metadata = { name: 'p', namespace: 'default', creationTimestamp: '2026-11-20T12:03:24Z' };
    const young = policyObject({ endpointSelector: DEATHSTAR, ingress: [RULE] }, { metadata });
    const { window } = silent();
    const use = onlyUse({ objects: [young], summary: { window } });
    expect(use.observedSeconds).toBe((Date.parse(window.end) - Date.parse(metadata.creationTimestamp)) / 1000);
  });

  it('and is gone is told as gone; a kind that is not listed is not', () => {
    const rows = [
      row({ policy: { ...own, name: 'gone' } }),
      row({ policy: { kind: 'AdminNetworkPolicy', namespace: null, name: 'admin' } }),
    ];
    const { policies } = report({ objects: [], rows });
    expect(policies.map(({ policy, exists }) => [policy.name, exists])).toEqual([
      ['admin', null],
      ['gone', false],
    ]);
  });
});

it('sorts what is seen by how little', () => {
  const names = ['often', 'never', 'once'];
  const objects = names.map((name) =>
    policyObject(
      { endpointSelector: DEATHSTAR, enableDefaultDeny: { ingress: true } },
      { metadata: { name, namespace: 'default' } },
    ),
  );
  const own = (name: string) => ({ kind: 'CiliumNetworkPolicy', namespace: 'default', name }) as const;
  const rows = [row({ policy: own('often'), allowed: 50 }), row({ policy: own('once'), allowed: 1 })];
  expect(report({ objects, rows }).policies.map(({ policy }) => policy.name)).toEqual(['never', 'once', 'often']);
});
