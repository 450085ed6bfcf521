/** An agent that takes its time, as the real one does: policies are announced, then worked out, then in the datapath, then told of. */
import type { Clock } from '../../../src/model/clock.ts';
import { selecting } from '../../attribution/state-maker.ts';

export interface Rule {
  readonly app: string;
  readonly org: string;
  readonly port: number;
}

/** How long the parts of a change take. */
export interface Pace {
  /** From the announcement until the endpoint is known to need work. */
  readonly noticeMs: number;
  readonly queueMs: number;
  /** Until the datapath decides by it, and from there until the agent tells of it. */
  readonly buildMs: number;
  readonly tellMs: number;
  readonly fails: boolean;
}

export type Policies = ReadonlyMap<string, Rule>;

/** What the datapath of an endpoint decides by. */
export interface Decided {
  readonly app: string;
  readonly policies: Policies;
}

interface Endpoint {
  readonly id: number;
  app: string;
  identity: number;
  state: string;
  /** What is told of. */
  realized: (Decided & { readonly revision: number }) | null;
  desiredRevision: number;
  datapath: Decided | null;
  /** The last that anybody was told of. */
  told: Decided | null;
  isDirty: boolean;
}

export interface SimulatedAgent {
  /** The API server's. */
  readonly written: Map<string, Rule>;
  peers(): ReadonlyMap<number, string>;
  endpoints(): readonly Endpoint[];
  endpoint(id: number): Endpoint | null;
  learnPolicy(name: string, rule: Rule | null, pace: Pace): void;
  relabel(id: number, app: string, pace: Pace): void;
  regenerate(id: number, pace: Pace): void;
  remove(id: number): void;
  create(id: number, app: string, pace: Pace): void;
  newPeer(org: string): void;
  /** Begins anew, with other numbers for what is local; nothing of before goes on. */
  restart(revision: number, pace: Pace): void;
  /** Null where there is no such command or endpoint. */
  print(args: readonly string[]): string | null;
}

const PREFIX = 'k8s:io.cilium.k8s.policy';

function labelsOf(app: string): readonly string[] {
  return [`k8s:app=${app}`, 'k8s:io.kubernetes.pod.namespace=default'];
}

export function selectedBy(policies: Policies, app: string): readonly [string, Rule][] {
  return [...policies].filter(([, rule]) => rule.app === app);
}

export function createSimulatedAgent(
  clock: Clock,
  say: (notice: string, message: Readonly<Record<string, unknown>>) => void,
  first: readonly { readonly id: number; readonly app: string }[],
): SimulatedAgent {
  const written = new Map<string, Rule>();
  let life = 0;
  let revision = 2;
  let repository: Policies = new Map();
  let nextIdentity = 20_000;
  let reactedMs = 0;
  let peers = new Map([
    [12_001, 'x'],
    [12_002, 'y'],
    [16_777_217, 'x'],
    [16_777_218, 'y'],
  ]);
  const identities = new Map<string, number>();
  const endpoints = new Map<number, Endpoint>();

  function identityOf(app: string): number {
    const known = identities.get(app) ?? nextIdentity++;
    identities.set(app, known);
    return known;
  }

  function later(ms: number, then: () => void): void {
    const mine = life;
    clock.after(ms, () => {
      if (mine === life) then();
    });
  }

  function born(id: number, app: string, state: string): Endpoint {
    return {
      ...{ id, app, identity: identityOf(app), state, realized: null, desiredRevision: 0 },
      ...{ datapath: null, told: null, isDirty: false },
    };
  }

  function isAlive(endpoint: Endpoint): boolean {
    return endpoints.get(endpoint.id) === endpoint;
  }

  function build(endpoint: Endpoint, pace: Pace): void {
    if (endpoint.state === 'waiting-to-regenerate') return;
    if (endpoint.state === 'regenerating') {
      endpoint.isDirty = true;
      return;
    }
    endpoint.state = 'waiting-to-regenerate';
    later(pace.queueMs, () => {
      if (!isAlive(endpoint)) return;
      endpoint.state = 'regenerating';
      endpoint.isDirty = false;
      const { app } = endpoint;
      const worked = { app, policies: repository, revision };
      endpoint.desiredRevision = revision;
      later(pace.buildMs, () => {
        if (!isAlive(endpoint)) return;
        if (!pace.fails) endpoint.datapath = worked;
        later(pace.tellMs, () => {
          if (!isAlive(endpoint)) return;
          if (!pace.fails) endpoint.realized = worked;
          // By labels that are others again nobody is told of these.
          if (!pace.fails && app === endpoint.app) endpoint.told = worked;
          // It is ready for the next try, and told to be what it is.
          endpoint.state = pace.fails ? 'not-ready' : 'ready';
          say(pace.fails ? 'Failed endpoint regeneration' : 'Endpoint regenerated', {
            id: endpoint.id,
            labels: labelsOf(endpoint.app),
          });
          const again = { ...pace, fails: false };
          if (pace.fails) later(2_000, () => (isAlive(endpoint) ? build(endpoint, again) : undefined));
          else if (endpoint.isDirty) build(endpoint, again);
        });
      });
    });
  }

  const agent: SimulatedAgent = {
    written,
    peers: () => peers,
    endpoints: () => [...endpoints.values()],
    endpoint: (id) => endpoints.get(id) ?? null,
    learnPolicy: (name, rule, pace) => {
      const old = repository.get(name);
      const next = new Map(repository);
      if (rule === null) next.delete(name);
      else next.set(name, rule);
      const from = revision;
      repository = next;
      revision += 1;
      const told = revision;
      const labels = [`${PREFIX}.derived-from=CiliumNetworkPolicy`, `${PREFIX}.name=${name}`];
      say(rule === null ? 'Policy deleted' : 'Policy updated', {
        labels: [...labels, `${PREFIX}.namespace=default`],
        revision: told,
        rule_count: 1,
      });
      // One change after the other.
      reactedMs = Math.max(reactedMs, clock.nowMs() + pace.noticeMs);
      later(reactedMs - clock.nowMs(), () => {
        for (const endpoint of endpoints.values()) {
          const { realized, app } = endpoint;
          if (app === old?.app || app === rule?.app) build(endpoint, pace);
          else if (endpoint.state !== 'ready') build(endpoint, pace);
          else if (realized !== null && realized.revision >= from) endpoint.realized = { ...realized, revision: told };
        }
      });
    },
    relabel: (id, app, pace) => {
      const endpoint = endpoints.get(id);
      if (endpoint === undefined || endpoint.app === app) return;
      endpoint.app = app;
      endpoint.identity = identityOf(app);
      build(endpoint, pace);
    },
    regenerate: (id, pace) => {
      const endpoint = endpoints.get(id);
      if (endpoint !== undefined) build(endpoint, pace);
    },
    remove: (id) => {
      if (!endpoints.delete(id)) return;
      say('Endpoint deleted', { id, 'pod-name': `pod-${id}`, namespace: 'default' });
    },
    create: (id, app, pace) => {
      if (endpoints.has(id)) return;
      const endpoint = born(id, app, 'waiting-for-identity');
      endpoints.set(id, endpoint);
      say('Endpoint created', { id, labels: labelsOf(app), 'pod-name': `pod-${id}`, namespace: 'default' });
      build(endpoint, pace);
    },
    newPeer: (org) => {
      peers = new Map(peers).set(nextIdentity++, org);
    },
    restart: (firstRevision, pace) => {
      life += 1;
      revision = firstRevision;
      repository = new Map(written);
      const cluster = [...peers].filter(([identity]) => identity < 16_777_216);
      const local = [...peers].filter(([identity]) => identity >= 16_777_216);
      const orgs = local.map(([, org]) => org).reverse();
      peers = new Map([...cluster, ...local.map(([identity], at): [number, string] => [identity, orgs[at] ?? 'x'])]);
      for (const endpoint of endpoints.values()) {
        Object.assign(endpoint, { state: 'restoring', realized: null, desiredRevision: 0, isDirty: false });
        build(endpoint, { ...pace, fails: false });
      }
    },
    print: (args) => {
      const [what, how] = args;
      if (what === 'policy') return how === 'selectors' ? printSelectors(repository, peers) : null;
      if (how === 'list') return JSON.stringify([...endpoints.values()].map(printed));
      const endpoint = endpoints.get(Number(args[2]));
      return endpoint === undefined ? null : JSON.stringify([printed(endpoint)]);
    },
  };
  for (const { id, app } of first) {
    const realized = { app, policies: repository, revision };
    endpoints.set(id, {
      ...born(id, app, 'ready'),
      realized,
      desiredRevision: revision,
      datapath: realized,
      told: realized,
    });
  }
  return agent;
}

function printSelectors(policies: Policies, peers: ReadonlyMap<number, string>): string {
  const orgs = new Set([...policies.values()].map(({ org }) => org));
  return JSON.stringify(
    [...orgs].map((org) => ({
      selector: selecting(`any.org: ${org}`),
      identities: [...peers].filter(([, own]) => own === org).map(([identity]) => identity),
      users: 1,
    })),
  );
}

function printed({ id, app, identity, state, realized, desiredRevision }: Endpoint): unknown {
  const own = realized === null ? [] : selectedBy(realized.policies, realized.app);
  const ports = [...new Set(own.map(([, { port }]) => port))];
  const ingress = ports.map((port) => {
    const bySelector = Map.groupBy(
      own.filter(([, rule]) => rule.port === port),
      ([, { org }]) => selecting(`any.org: ${org}`),
    );
    const lists = [...bySelector].map(([selector, rules]): [string, string[][]] => [
      selector,
      rules.map(([name]) => [
        `${PREFIX}.derived-from=CiliumNetworkPolicy`,
        `${PREFIX}.name=${name}`,
        `${PREFIX}.namespace=default`,
      ]),
    ]);
    const rule = { port, protocol: 'TCP', 'l7-rules': lists.map(([selector]) => ({ [selector]: null })) };
    return { rule: JSON.stringify(rule), 'derived-from-rules': [], 'rules-by-selector': Object.fromEntries(lists) };
  });
  const revision = realized?.revision ?? 0;
  return {
    id,
    status: {
      state,
      identity: { id: identity, labels: labelsOf(app) },
      'external-identifiers': { 'k8s-namespace': 'default', 'k8s-pod-name': `pod-${id}` },
      policy: {
        // Zeros are left out.
        realized: {
          ...(revision === 0 ? {} : { 'policy-revision': revision }),
          'policy-enabled': own.length === 0 ? 'none' : 'ingress',
          l4: { ingress, egress: [] },
        },
        spec: { 'policy-revision': desiredRevision },
      },
    },
  };
}
