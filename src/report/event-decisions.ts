/** Lines of text about what was decided of a packet or request, and about where a packet was seen. */
import type { Drop, Trace, Translation, TranslationEnd } from '../model/datapath-event.ts';
import type { Verdict } from '../model/event.ts';
import type { L7Details, L7Record } from '../model/l7.ts';
import { type Attribution, IMPLICIT_DEFAULT_DENY } from '../model/policy.ts';
import { addressText, type EventWords, endsText, joined, type Naming, packetText } from './event-parts.ts';
import { policyText, reasonText } from './phrases.ts';
import { printable } from './printable.ts';

const ACTION = { allow: 'ALLOWED', deny: 'DENIED', redirect: 'REDIRECTED', audit: 'AUDITED' } as const;
const MOST_POLICIES = 5;

export function verdictWords(
  verdict: Verdict,
  attribution: Attribution | null,
  node: string | null,
  naming: Naming,
): EventWords {
  const { action, audit, direction, source, destination, endpoint, remoteIdentity, hubble } = verdict;
  const local = { endpoint };
  const remote = { identity: remoteIdentity };
  const isIngress = direction === 'ingress';
  const ends = endsText(
    { ...(isIngress ? remote : local), address: source, hubble: hubble?.source },
    { ...(isIngress ? local : remote), address: destination, hubble: hubble?.destination },
    node,
    naming,
  );
  const inAuditMode = audit && action !== 'audit';
  return {
    type: 'verdict',
    direction,
    outcome: ACTION[action],
    mood: action === 'deny' ? 'denied' : audit ? 'audited' : 'allowed',
    ends,
    packet: packetText(verdict),
    detail: joined([attribution === null ? '' : attributionText(attribution), inAuditMode ? 'audit mode' : ''], ', '),
  };
}

function attributionText({ grade, policies, isolatedBy, reason, ambiguous }: Attribution): string {
  if (grade === 'default-deny') {
    return isolatedBy.length === 0 ? IMPLICIT_DEFAULT_DENY : `${IMPLICIT_DEFAULT_DENY} ← ${policiesText(isolatedBy)}`;
  }
  if (policies.length > 0) return policiesText(policies) + (ambiguous ? ' (ambiguous)' : '');
  return reason === null ? grade : `${grade}: ${reasonText(reason)}`;
}

function policiesText(policies: Attribution['policies']): string {
  const shown = policies.slice(0, MOST_POLICIES).map(policyText).join(', ');
  return policies.length > MOST_POLICIES ? `${shown} +${policies.length - MOST_POLICIES} more` : shown;
}

export function dropWords(drop: Drop, node: string | null, naming: Naming): EventWords {
  const { source, destination, sourceIdentity, destinationIdentity, hubble, extError } = drop;
  return {
    type: 'drop',
    direction: drop.direction ?? '',
    outcome: 'DROPPED',
    mood: 'denied',
    ends: endsText(
      { address: source, identity: sourceIdentity, endpoint: drop.sourceEndpoint, hubble: hubble?.source },
      { address: destination, identity: destinationIdentity, endpoint: drop.endpoint, hubble: hubble?.destination },
      node,
      naming,
    ),
    packet: packetText(drop),
    detail: printable(drop.reason) + (extError === null || extError === 0 ? '' : `, ${extError}`),
  };
}

export function traceWords(trace: Trace, node: string | null, naming: Naming): EventWords {
  const { source, destination, sourceIdentity, destinationIdentity, originalIp, hubble } = trace;
  return {
    type: 'trace',
    direction: '',
    outcome: printable(trace.observationPoint),
    mood: 'quiet',
    ends: endsText(
      { address: source, identity: sourceIdentity, endpoint: trace.sourceEndpoint, hubble: hubble?.source },
      { address: destination, identity: destinationIdentity, endpoint: trace.endpoint, hubble: hubble?.destination },
      node,
      naming,
    ),
    packet: packetText(trace),
    detail: joined(
      [
        printable(trace.state ?? ''),
        trace.proxyPort === null || trace.proxyPort === 0 ? '' : `proxy port ${trace.proxyPort}`,
        trace.interface === null ? '' : `interface ${printable(trace.interface)}`,
        // Another than the packet's own: it was translated.
        originalIp === null || originalIp === source?.ip ? '' : `original IP ${printable(originalIp)}`,
        trace.encrypted ? 'encrypted' : '',
      ],
      ', ',
    ),
  };
}

const L7_MOOD = { Forwarded: 'allowed', Redirected: 'allowed', Denied: 'denied', Error: 'warning' } as const;

export function l7Words(
  record: L7Record,
  attribution: Attribution | null,
  node: string | null,
  naming: Naming,
): EventWords {
  const { source, destination, hubble, l7, policyName } = record;
  return {
    type: 'l7',
    direction: record.direction ?? '',
    outcome: record.verdict.toUpperCase(),
    mood: record.audit === true && record.verdict !== 'Denied' ? 'audited' : L7_MOOD[record.verdict],
    ends: endsText(
      { address: source, identity: record.sourceIdentity, endpoint: record.sourceEndpoint, hubble: hubble?.source },
      {
        address: destination,
        identity: record.destinationIdentity,
        endpoint: record.destinationEndpoint,
        hubble: hubble?.destination,
      },
      node,
      naming,
    ),
    packet: joined([printable(l7.protocol, 20), record.flowType?.toLowerCase() ?? ''], ' '),
    detail: joined(
      [requestText(l7), attribution === null ? printable(policyName ?? '') : attributionText(attribution)],
      '  ',
    ),
  };
}

function requestText(l7: L7Details): string {
  if ('method' in l7) return printable(`${l7.method} ${l7.url}${l7.status === 0 ? '' : ` => ${l7.status}`}`);
  if ('apiKey' in l7) return printable(`${l7.apiKey} topic ${l7.topic} => ${l7.errorCode}`);
  if ('query' in l7) {
    const answers = [...l7.ips, ...l7.cnames];
    return printable(
      joined([l7.query, l7.types.join(','), answers.length === 0 ? '' : `=> ${answers.join(',')}`], ' '),
    );
  }
  const fields = Object.entries(l7.fields).map(([name, value]) => `${name}:${value}`);
  return printable(joined([fields.join(' '), l7.status === null ? '' : `=> ${l7.status}`], ' '));
}

export function translationWords({ from, to, phase, translation, protocol, socketCookie }: Translation): EventWords {
  return {
    type: 'nat',
    direction: '',
    outcome: from === null || to === null ? joined([phase, translation], ' ') : 'TRANSLATED',
    mood: 'quiet',
    ends: `${serviceText(from)} → ${serviceText(to)}`,
    packet: printable(protocol ?? ''),
    detail: socketCookie === null ? '' : `socket ${printable(socketCookie)}`,
  };
}

function serviceText(end: TranslationEnd | null): string {
  if (end === null) return '?';
  return joined([printable(end.service ?? ''), addressText(end)], ' ');
}
