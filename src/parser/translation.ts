/** Socket translation lines (Cilium pkg/monitor/datapath_sock_trace.go), 1.13 on, and the one that manuals show. */
import type { Translation, TranslationEnd } from '../model/datapath-event.ts';
import { exactNumber } from './fields.ts';

const SOCKET =
  /^\[(?:(pre|post)-xlate-(fwd|rev)|unknown)\] cgroup_id: (\d{1,20}) sock_cookie: (\d{1,20}), dst \[([0-9a-f.:]+)\]:(\d{1,5}) (tcp|udp|unknown)$/;
const MANUAL =
  /^Datapath NAT: ([DS]NAT) for service (\S+) \((?:ClusterIP|NodePort|LoadBalancer|ExternalIP) ([0-9a-f.:]+|\[[0-9a-f:]+\]):(\d{1,5})\) to ([0-9a-f.:]+|\[[0-9a-f:]+\]):(\d{1,5})$/;
const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ['tcp', 'TCP'],
  ['udp', 'UDP'],
]);
const MAX_PORT = 65_535;

/** `text` is what follows `CPU 03: `. */
export function readTranslation(text: string): Translation | null {
  const parts = SOCKET.exec(text);
  if (parts === null) return null;
  const [, phase, direction, cgroup, cookie = '', ip = '', port, protocol = ''] = parts;
  if (Number(port) > MAX_PORT) return null;
  const end: TranslationEnd = { ip, port: Number(port), service: null };
  // Forward, the service's address is there before and the backend's after; in reverse it is the other way round.
  const isService = (phase === 'pre') === (direction === 'fwd');
  const isKnown = phase === 'pre' || phase === 'post';
  return {
    type: 'nat',
    phase: isKnown ? phase : null,
    translation: directionOf(direction),
    cgroupId: exactNumber(cgroup),
    socketCookie: cookie,
    protocol: PROTOCOLS.get(protocol) ?? null,
    from: isKnown && isService ? end : null,
    to: isKnown && !isService ? end : null,
    hubble: null,
  };
}

function directionOf(word: string | undefined): Translation['translation'] {
  if (word === 'fwd') return 'forward';
  return word === 'rev' ? 'reverse' : null;
}

/** No Cilium prints this; a course on it does. */
export function readManualTranslation(text: string): Translation | null {
  const parts = MANUAL.exec(text);
  if (parts === null) return null;
  const [, kind, service = '', from = '', fromPort, to = '', toPort] = parts;
  if (Number(fromPort) > MAX_PORT || Number(toPort) > MAX_PORT) return null;
  return {
    type: 'nat',
    phase: null,
    translation: kind === 'DNAT' ? 'forward' : null,
    cgroupId: null,
    socketCookie: null,
    protocol: null,
    from: { ip: withoutBrackets(from), port: Number(fromPort), service },
    to: { ip: withoutBrackets(to), port: Number(toPort), service: null },
    hubble: null,
  };
}

function withoutBrackets(ip: string): string {
  return ip.startsWith('[') ? ip.slice(1, -1) : ip;
}
