/** The lines of a simulated agent on their way: in order, some time under way, lost while nobody listens. */
import type { Clock } from '../../../src/model/clock.ts';
import type { AgentRef } from '../../../src/model/cluster.ts';
import type { AgentStream, StreamHandlers } from '../../../src/model/source.ts';

/** Enough to tell whom a verdict belongs to. */
export interface SentVerdict {
  /** Printed as the source port, so that a record can be found again. */
  readonly tag: number;
  readonly madeMs: number;
  readonly endpoint: number;
  readonly ownIdentity: number;
  readonly peer: number;
  readonly port: number;
  readonly isAllowed: boolean;
  /** Whom Hubble names when it reads the event, by what the agent tells then. */
  readonly named?: { readonly policies: readonly string[]; readonly revision: number };
}

export interface SimulatedStream extends AgentStream {
  say(notice: string, message: Readonly<Record<string, unknown>>): void;
  verdict(sent: SentVerdict): void;
  isUp(): boolean;
  /** How many times it was opened: what was made before this one is not in it. */
  opened(): number;
  /** What is said beside Hubble's flows is heard so much later. */
  open(besideMs?: number): void;
  /** Nobody hears what is said from now on, until it is opened again. */
  cut(): void;
  close(): void;
}

const encoder = new TextEncoder();

export function createSimulatedStream(
  clock: Clock,
  agent: AgentRef,
  kind: 'monitor' | 'hubble',
  latencyMs: () => number,
): SimulatedStream {
  let handlers: StreamHandlers | null = null;
  let isUp = false;
  let opened = 0;
  let cutMs: number | null = null;
  let unheardMs: number | null = null;
  const lastMs = { bytes: 0, announced: 0 };
  const over = Promise.withResolvers<void>();

  function send(way: 'bytes' | 'announced', line: string): void {
    if (!isUp || (way === 'announced' && unheardMs !== null)) return;
    const mine = opened;
    // Whatever is sent later arrives later.
    const dueMs = Math.max(lastMs[way], clock.nowMs() + latencyMs());
    lastMs[way] = dueMs;
    clock.after(dueMs - clock.nowMs(), () => {
      if (!isUp || mine !== opened) return;
      const data = encoder.encode(`${line}\n`);
      if (way === 'bytes') handlers?.bytes(data);
      else handlers?.announced?.(data);
    });
  }

  return {
    agent,
    run: (its) => {
      handlers = its;
      if (kind === 'hubble') its.source?.({ kind, reason: 'asked-for' });
      return over.promise;
    },
    say: (notice, message) =>
      send(kind === 'monitor' ? 'bytes' : 'announced', `>> ${notice}: ${JSON.stringify(message)}`),
    verdict: (sent) => send('bytes', kind === 'monitor' ? monitorLine(sent) : hubbleLine(sent)),
    isUp: () => isUp,
    opened: () => opened,
    open: (besideMs = 0) => {
      opened += 1;
      isUp = true;
      const mine = opened;
      const hear = () => {
        if (mine !== opened || !isUp || unheardMs === null) return;
        const sinceMs = unheardMs;
        unheardMs = null;
        if (kind === 'hubble') handlers?.unannounced?.(sinceMs, clock.nowMs());
      };
      if (besideMs === 0) hear();
      else clock.after(besideMs, hear);
      // There is none where nobody ever listened.
      if (cutMs !== null && opened > 1) handlers?.gap(cutMs, clock.nowMs(), 'connection closed');
      cutMs = null;
      handlers?.state('streaming', null);
    },
    cut: () => {
      isUp = false;
      cutMs = clock.nowMs();
      unheardMs ??= cutMs;
      handlers?.state('reconnecting', null);
      if (kind === 'hubble') handlers?.unheard?.();
    },
    close: over.resolve,
  };
}

function monitorLine({ tag, endpoint, peer, port, isAllowed }: SentVerdict): string {
  const decision = isAllowed ? 'action allow, auth: disabled, match L3-L4' : 'action deny, auth: disabled, match none';
  return `Policy verdict log: flow 0x0 local EP ID ${endpoint}, remote ID ${peer}, proto 6, ingress, ${decision}, 10.0.0.9:${tag} -> 10.0.0.1:${port} tcp SYN`;
}

function hubbleLine({ tag, madeMs, endpoint, ownIdentity, peer, port, isAllowed, named }: SentVerdict): string {
  const namesOf = (policies: readonly string[], revision: number) =>
    policies.map((name) => ({ name, namespace: 'default', kind: 'CiliumNetworkPolicy', revision: String(revision) }));
  return JSON.stringify({
    flow: {
      time: new Date(madeMs).toISOString(),
      uuid: `u${tag}`,
      verdict: isAllowed ? 'FORWARDED' : 'DROPPED',
      ...(isAllowed ? {} : { drop_reason: 133, drop_reason_desc: 'POLICY_DENIED' }),
      IP: { source: '10.0.0.9', destination: '10.0.0.1', ipVersion: 'IPv4' },
      l4: { TCP: { source_port: tag, destination_port: port, flags: { SYN: true } } },
      source: { identity: peer },
      destination: { ID: endpoint, identity: ownIdentity, namespace: 'default', pod_name: `pod-${endpoint}` },
      Type: 'L3_L4',
      event_type: { type: 5 },
      traffic_direction: 'INGRESS',
      ...(isAllowed ? { policy_match_type: 2 } : {}),
      ...(isAllowed && named !== undefined ? { ingress_allowed_by: namesOf(named.policies, named.revision) } : {}),
      is_reply: false,
    },
    node_name: 'node1',
    time: new Date(madeMs).toISOString(),
  });
}
