/** A verdict as it is counted, without the packet that it was about. */
import type { Action, Dialect, Direction, MatchType, Verdict } from '../model/event.ts';

export class KnownVerdict implements Verdict {
  readonly type = 'policy-verdict';
  readonly source = null;
  readonly destination = null;
  readonly tcpFlags = [];
  readonly icmp = null;
  readonly flow = null;
  readonly hubble = null;
  readonly dialect: Dialect;
  readonly endpoint: number;
  readonly direction: Direction;
  readonly action: Action;
  readonly audit: boolean;
  readonly remoteIdentity: number;
  readonly protocol: string;
  readonly match: MatchType;
  readonly auth: string | null;
  readonly destinationPort: number | null;
  readonly policyName: string | null;
  /** Of the packet at hand, where it was refused. */
  flowKey = 0;

  /** The decision is that of `verdict`, which may be used again. */
  constructor(verdict: Verdict, remoteIdentity: number, destinationPort: number | null, policyName: string | null) {
    this.dialect = verdict.dialect;
    this.endpoint = verdict.endpoint;
    this.direction = verdict.direction;
    this.action = verdict.action;
    this.audit = verdict.audit;
    this.remoteIdentity = remoteIdentity;
    this.protocol = verdict.protocol;
    this.match = verdict.match;
    this.auth = verdict.auth;
    this.destinationPort = destinationPort;
    this.policyName = policyName;
  }
}
