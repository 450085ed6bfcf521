/** Lines of monitor that are not verdicts, told apart by their whole form: what does not fit to its end is no such line. */
import type { AgentNotice, Ignored, IgnoredReason, Lost } from '../model/event.ts';
import { Cursor, toBytes } from './bytes.ts';
import { readJsonLine } from './json-lines.ts';
import { PacketSummary } from './packet.ts';

type OtherRecord = AgentNotice | Ignored | Lost;

const ignoredRecords = new Map<IgnoredReason, Ignored>();

export function ignored(reason: IgnoredReason): Ignored {
  let record = ignoredRecords.get(reason);
  if (record === undefined) {
    record = { type: 'ignored', reason };
    ignoredRecords.set(reason, record);
  }
  return record;
}

const BANNER =
  /^(?:Listening for events on \d+ CPUs with \d+x\d+ of shared memory|Press Ctrl-C to quit|Received an interrupt, disconnecting from monitor\.\.\.)$/;

/** Cilium's own log (logrus, then slog), kubectl's and the container runtime's words. */
const LOG =
  /^(?:time="?\d{4}-\d\d-\d\dT\S+ level=[a-z]+ msg=.+|level=[a-z]+ (?:msg|error)=.+|[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+:\d+\] .*|(?:[Ee]rror|[Ww]arning|Fatal|panic): .+|Error while creating client: .*|Defaulted container ".+|command terminated with exit code \d+|Unable to use a TTY - .+|Terminated|goroutine \d+ \[.+|Usage:.*)$/;

const DETAIL =
  /^(?:-{4,}|[A-Za-z0-9]+\t\{.*\}|\s*Failed to decode layer: .+|\s*Packet has been truncated| ?\[ IP-TRACE-ID=.*|[0-9a-f]{8} (?: {1,2}(?:[0-9a-f]{2})?){1,18} *\|.{1,16}\|)$/;

const CPU = /^CPU \d{2,4}: (.*)$/;
const LOST = /^Lost (\d{1,20}) events$/;
const UNKNOWN_EVENT =
  /^(?:CPU \d{2,4}: Unknown event: \[[\d ]*\]|cannot decode message type '?\d+'?: .+|Error while parsing [a-z ]+ message: .+|Unknown payload type: \d+.*)$/;
/** `-v` and `-v -v` put a mark and a source before debug, capture, drop and trace. */
const MARKED = /^MARK 0x[0-9a-f]+ (?:\[ IP-TRACE-ID = \d+ \] )?FROM \d+ (.*)$/;
const SOCKET_TRACE = /^\[[a-z-]+\] cgroup_id: \d+ sock_cookie: \d+, dst \[[0-9a-f.:]+\]:\d+ [a-z]+ ?$/;

const DROP = /^xx drop \(.+\) flow 0x[0-9a-f]{1,8} to endpoint \d+,.* identity [^ :]+->[^ :]+: (.*)$/;
const TRACE =
  /^(?:(?:->|<-) [a-z]+(?: \d+| port \d+| from)?|unknown trace)(?: encrypted )? flow 0x[0-9a-f]{1,8} (?:, )?identity \S+->\S+ (?:\[ ip-trace-id = \d+ \] )?state \S+ ifindex \S+(?: orig-ip [0-9a-f.:]+)?: (.*)$/;
const L7 =
  /^(?:->|<-|\?\?) (?:Request|Response|Sample) \S+ (?:from|to) \d+ \(\[.*?\]\) (?:to|from) \d+ \(\[.*?\]\), identity \d+->\d+, verdict (?:Forwarded|Denied|Error|Redirected)(?: |, |$).*$/;
const CAPTURE = /^(?:->|<-) (?:proxy port \d+|load-balancer \S+|\S+): (.*)$/;
const RECORDER = /^Recorder capture: dir:\w+ rule:\d+ ts:\d+ caplen:\d+ len:\d+$/;
const AGENT = /^>> ([A-Z][A-Za-z0-9 ]*|\d+): (.+)$/;
/** Overlay packets, 1.18 on. */
const TUNNEL = / \[tunnel [^\]]*(?:\][^\]]*)*\]$/;
/** Two lines that ran together. */
const SECOND_LINE =
  /.(?:Policy verdict log: flow|xx drop \(|(?:->|<-|\?\?) (?:Request|Response) \S+ (?:from|to) \d+ \()/;

/** Null for a line that is none of them, or not whole. */
export function readOtherLine(text: string): OtherRecord | null {
  if (text.startsWith('{')) return readJsonLine(text);
  if (SECOND_LINE.test(text)) return null;
  if (text.startsWith('>> ')) return readAgentLine(text);
  if (text.startsWith('CPU ')) return readCpuLine(text);
  if (text.startsWith('xx drop ')) return withSummary(DROP, text, 'drop');
  if (text.startsWith('-> ') || text.startsWith('<- ') || text.startsWith('?? ') || text.startsWith('unknown trace')) {
    return readArrowLine(text);
  }
  if (BANNER.test(text)) return ignored('banner');
  if (RECORDER.test(text)) return ignored('recorder');
  if (DETAIL.test(text)) return ignored('detail');
  if (LOG.test(text)) return ignored('log');
  return UNKNOWN_EVENT.test(text) ? ignored('unknown-event') : null;
}

function readAgentLine(text: string): AgentNotice | null {
  const parts = AGENT.exec(text);
  if (parts === null) return null;
  const [, notice = '', body = ''] = parts;
  // JSON in all but the oldest versions; what begins as JSON and does not end so was cut.
  if (/^[{"[]/.test(body) && !isJson(body)) return null;
  return { type: 'agent', notice, text: body };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readCpuLine(text: string): OtherRecord | null {
  const rest = CPU.exec(text)?.[1];
  if (rest === undefined) return null;
  const lost = LOST.exec(rest)?.[1];
  if (lost !== undefined) return { type: 'lost', events: Number(lost), where: 'kernel-ring', cpu: null };
  if (UNKNOWN_EVENT.test(text)) return ignored('unknown-event');
  if (SOCKET_TRACE.test(rest)) return ignored('trace-sock');
  const marked = MARKED.exec(rest)?.[1];
  if (marked === undefined) return null;
  if (marked.startsWith('DEBUG: ')) return ignored(/^DEBUG: \d+ bytes, /.test(marked) ? 'capture' : 'debug');
  if (/^DROP: \d+ bytes, reason /.test(marked)) return ignored('drop');
  return /^\S.*: \d+ bytes \(\d+ captured\), state /.test(marked) ? ignored('trace') : null;
}

function readArrowLine(text: string): Ignored | null {
  if (L7.test(text)) return ignored('l7');
  return withSummary(TRACE, text, 'trace') ?? withSummary(CAPTURE, text, 'capture');
}

const cursor = new Cursor();
const packet = new PacketSummary();

function withSummary(form: RegExp, text: string, reason: IgnoredReason): Ignored | null {
  const summary = form.exec(text)?.[1];
  if (summary === undefined) return null;
  cursor.open(toBytes(`${summary.replace(TUNNEL, '')}\n`));
  return packet.take(cursor, -1) ? ignored(reason) : null;
}
