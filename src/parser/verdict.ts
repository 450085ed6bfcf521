/** A policy verdict line (Cilium pkg/monitor/datapath_policy.go), patched or stock, 1.8 to 1.19 and the state before 1.8. */
import { matchKey, NO_KEY, protocolKey } from '../model/decision-key.ts';
import type {
  Action,
  Dialect,
  Direction,
  Icmp,
  MatchType,
  PacketEnd,
  UnparsedReason,
  Verdict,
} from '../model/event.ts';
import { type Cursor, NEWLINE, toText, toWord } from './bytes.ts';
import { type Decision, Decisions, NO_DECISION, takeMatch } from './decision.ts';
import { takeFlowHash } from './flow-hash.ts';
import { flowKeyOf } from './flow-key.ts';
import { Interned } from './interned.ts';
import { flagNames, PacketSummary, packetEnd, SCTP, TCP, UDP } from './packet.ts';
import { SECOND_LINE, toPolicyName } from './policy-name.ts';
import { protocolName } from './protocol.ts';
import { SeenAddresses } from './seen-addresses.ts';
import { RESERVED_IDENTITIES } from './words.ts';

/** What every verdict line begins with. */
export const VERDICT_START = toWord('Policy verdict log: flow 0x');
const STOCK_ENDPOINT = toWord(' local EP ID ');
const PATCHED_ENDPOINT = toWord(', local EP ID ');
const POLICY_NAME = toWord(', PolicyName ');
const REMOTE = toWord(', remote ID ');
const RESERVED_PREFIX = toWord('reserved:');
const HEADER_PORT = toWord(' dst port ');
const PROTOCOL = toWord(' proto ');

const COMMA = 44;

/** The one verdict object that is handed out again for each line. */
export class VerdictLine implements Verdict {
  readonly type = 'policy-verdict';
  dialect: Dialect = 'cilium';
  endpoint = 0;
  remoteIdentity = 0;
  match: MatchType = 'none';
  policyName: string | null = null;
  readonly hubble = null;
  destinationPort: number | null = null;
  /** Lines of the other one are refused. */
  onlyDialect: Dialect | null = null;
  /** Why the last line was refused. */
  problem: UnparsedReason = 'bad-field';
  readonly packet = new PacketSummary();
  private readonly names = new Interned(toPolicyName);
  private readonly decisions = new Decisions();
  private decision: Decision = NO_DECISION;
  readonly seen = new SeenAddresses();
  private bytes: Uint8Array = new Uint8Array(1);
  private flowStart = 0;
  private flowEnd = 0;
  protocolNumber = -1;
  /** Where the parts of the last line are; the name is empty where none was printed. */
  readonly places = { nameStart: 0, nameEnd: 0, remoteStart: 0, decisionStart: 0, packetStart: 0 };
  /** As the line's head said it, or -1. */
  headerPort = -1;

  /** Reads a line whose `VERDICT_START` is behind the cursor; afterwards the cursor is at its newline, or at what was wrong. */
  read(cursor: Cursor): boolean {
    this.problem = 'bad-field';
    this.bytes = cursor.bytes;
    this.flowStart = cursor.at - 2;
    if (!takeFlowHash(cursor)) return false;
    this.flowEnd = cursor.at;
    this.places.nameEnd = this.places.nameStart;
    if (cursor.take(STOCK_ENDPOINT)) {
      this.dialect = 'cilium';
      this.policyName = null;
      return this.readAfterName(cursor);
    }
    this.dialect = 'accuknox';
    if (!cursor.take(POLICY_NAME)) {
      this.policyName = null;
      return cursor.take(PATCHED_ENDPOINT) && this.readAfterName(cursor);
    }
    return this.readWithName(cursor);
  }

  /** A name may hold the words of the grammar: it ends where all that follows is a verdict. */
  private readWithName(cursor: Cursor): boolean {
    const { bytes, at: start } = cursor;
    let furthest = start;
    let at = start;
    for (;;) {
      let byte = bytes[at];
      while (byte !== COMMA && byte !== NEWLINE) byte = bytes[++at];
      if (byte === NEWLINE) break;
      cursor.at = at;
      if (cursor.take(PATCHED_ENDPOINT)) {
        // The guide's own examples have a second comma, which no name ends in.
        const end = at > start && bytes[at - 1] === COMMA ? at - 1 : at;
        if (this.readAfterName(cursor)) return this.readName(bytes, start, end);
        furthest = Math.max(furthest, cursor.at);
      }
      at++;
    }
    cursor.at = furthest === start ? at : furthest;
    return false;
  }

  private readName(bytes: Uint8Array, start: number, end: number): boolean {
    this.places.nameStart = start;
    this.places.nameEnd = end;
    this.policyName = start === end ? '' : this.names.read(bytes, start, end);
    if (this.policyName !== null) return true;
    // Two lines that ran together: the first lost its end.
    if (toText(bytes, start, end).includes(SECOND_LINE)) this.problem = 'truncated';
    return false;
  }

  private readAfterName(cursor: Cursor): boolean {
    this.endpoint = cursor.takeNumber(65_535);
    if (this.endpoint < 0 || !cursor.take(REMOTE)) return false;
    this.places.remoteStart = cursor.at;
    if (!this.readRemote(cursor)) return false;
    this.places.decisionStart = cursor.at - 1;
    let headerPort = -1;
    if (cursor.take(HEADER_PORT)) {
      headerPort = cursor.takeNumber(65_535);
      if (headerPort < 0 || !cursor.takeByte(COMMA)) return false;
    }
    this.protocolNumber = -1;
    if (cursor.take(PROTOCOL)) {
      this.protocolNumber = cursor.takeNumber(255);
      if (this.protocolNumber < 0 || !cursor.takeByte(COMMA)) return false;
    } else if (headerPort >= 0) {
      return false;
    }
    const decision = this.decisions.take(cursor, this.dialect);
    if (decision === null) return false;
    this.decision = decision;
    const match = takeMatch(cursor);
    if (match === null) return false;
    this.match = match;
    this.headerPort = headerPort;
    this.places.packetStart = cursor.at;
    return this.readPacket(cursor, headerPort);
  }

  private readRemote(cursor: Cursor): boolean {
    const identity = cursor.takeNumber(0xffff_ffff);
    if (identity >= 0) {
      this.remoteIdentity = identity;
      return cursor.takeByte(COMMA);
    }
    cursor.take(RESERVED_PREFIX);
    const reserved = RESERVED_IDENTITIES.values[cursor.takeOneOf(RESERVED_IDENTITIES)];
    if (reserved === undefined) return false;
    this.remoteIdentity = reserved;
    return true;
  }

  private readPacket(cursor: Cursor, headerPort: number): boolean {
    const { packet } = this;
    if (!packet.take(cursor, this.protocolNumber)) return false;
    if (this.onlyDialect !== null && this.onlyDialect !== this.dialect) {
      this.problem = 'other-dialect';
      return false;
    }
    if (!this.agreesWithSeen()) return false;
    if (this.protocolNumber < 0) this.protocolNumber = packet.protocol;
    const printed = packet.destinationPort;
    if (printed >= 0) {
      this.destinationPort = printed;
      return headerPort < 0 || headerPort === printed;
    }
    const hasPorts = this.protocolNumber === TCP || this.protocolNumber === UDP || this.protocolNumber === SCTP;
    this.destinationPort = headerPort > 0 && hasPorts ? headerPort : null;
    return true;
  }

  /** Whether the addresses can be right as far as earlier lines tell. */
  private agreesWithSeen(): boolean {
    const { bytes, endpoint, packet, seen } = this;
    const { source, destination } = packet;
    if (destination.family === 0) return true;
    const ingress = this.direction === 'ingress';
    if (!packet.openEnd) {
      if (ingress) seen.remember(bytes, endpoint, destination, source, this.remoteIdentity);
      else seen.remember(bytes, endpoint, source, destination, this.remoteIdentity);
    } else if (ingress && seen.contradicts(bytes, endpoint, destination)) {
      this.problem = 'truncated';
      return false;
    }
    return true;
  }

  /** Whether nothing in the line shows that its end is its end; matters where no newline follows. */
  get mayBeCut(): boolean {
    return this.packet.openEnd || (this.packet.protocol === TCP && this.packet.tcpFlags === 0);
  }

  get direction(): Direction {
    return this.decision.direction;
  }

  get action(): Action {
    return this.decision.action;
  }

  get audit(): boolean {
    return this.decision.audit;
  }

  get auth(): string | null {
    return this.decision.auth;
  }

  get decisionKey(): number {
    const { protocolNumber } = this;
    return protocolNumber < 0 ? NO_KEY : this.decision.key | matchKey(this.match) | protocolKey(protocolNumber);
  }

  get protocol(): string {
    return protocolName(this.protocolNumber);
  }

  get source(): PacketEnd | null {
    return packetEnd(this.bytes, this.packet.source, this.packet.sourcePort);
  }

  get destination(): PacketEnd | null {
    return packetEnd(this.bytes, this.packet.destination, this.packet.destinationPort);
  }

  get tcpFlags(): readonly string[] {
    return flagNames(this.packet.tcpFlags);
  }

  get icmp(): Icmp | null {
    return this.packet.icmp;
  }

  get flow(): string {
    return toText(this.bytes, this.flowStart, this.flowEnd);
  }

  get flowKey(): number {
    return flowKeyOf(this.packet, this.protocolNumber);
  }
}
