/** Takes off what terminals and log collectors put around a line: colours, a byte order mark, indentation, prefixes. */
import { NEWLINE } from './bytes.ts';

const ESCAPE = 0x1b;
const OPEN_BRACKET = 91;
const latin1 = new TextDecoder('latin1');

/** How far into a line a prefix may reach. */
const PREFIX_BYTES = 400;

/** The beginnings of lines that the monitor prints; only before one of these is a prefix believed to be one. */
const HEAD =
  'Policy verdict log: |CPU \\d|>> |xx drop \\(|<- |-> |\\?\\? |unknown trace |Listening for events on |Press Ctrl-C to quit|' +
  'Received an interrupt|time=|level=|\\{"|Recorder capture: |-{4}|Unknown payload type: |Error while |cannot decode message |Datapath |== v[46]->|\\^\\^ conntrack |[A-Za-z0-9]+\\t\\{Contents=|Failed to decode layer: |Packet has been truncated|[0-9a-f]{8}  [0-9a-f]{2} ';

const TIMESTAMP = '\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d+)?(?:Z|[+-]\\d\\d:?\\d\\d)? ';
/** What `ts` and syslog put in front, the latter with host and program. */
const CLOCK =
  '(?:[A-Z][a-z]{2} [ \\d]\\d )?\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)? (?:[a-zA-Z0-9.-]+ [a-zA-Z0-9._-]+\\[\\d+\\]: )?';
/** The container runtime's own mark between time and line. */
const RUNTIME_MARK = 'std(?:out|err) [FP] ';
/** `kubectl logs --prefix`. */
const BRACKETED = '\\[[^\\]]{1,300}\\] ';
/** stern: pod and container, with a namespace before them where there are several. */
const POD_AND_CONTAINER = '(?:[a-z0-9][a-z0-9.-]* )?[a-z0-9][a-z0-9.]*-[a-z0-9.-]* [a-z0-9][a-z0-9.-]*(?: [|›])? ';
const MARK = '\\u00ef\\u00bb\\u00bf';

const PREFIX = new RegExp(
  `^(?:${MARK})?[ \\t]*(?:${TIMESTAMP}|${CLOCK}|${RUNTIME_MARK}|${BRACKETED}|${POD_AND_CONTAINER}){0,4}[ \\t]*(?:${MARK})?(?=${HEAD})`,
);

/** Of pods only what is surely one: any two words may look like a pod and its container, and other programs print brackets. */
const POD = '\\[pod/[^\\] ]+\\] ';
const AGENT = '(?:[a-z0-9][a-z0-9.-]* )?[a-z0-9][a-z0-9.-]* cilium-agent(?: [|›])? ';
const PREFIX_ALONE = new RegExp(`^(?:${TIMESTAMP}|${CLOCK}|${RUNTIME_MARK}|${POD}|${AGENT}){1,4}$`);

/** The line without escape sequences, its newline included. Without any, the bytes are shared. */
export function withoutEscapes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const line = bytes.subarray(start, end);
  if (!line.includes(ESCAPE)) return line;
  const clean = new Uint8Array(line.length);
  let length = 0;
  for (let at = 0; at < line.length; ) {
    const after = escapeEnd(line, at);
    if (after === at) clean[length++] = line[at++] ?? NEWLINE;
    else at = after;
  }
  return clean.subarray(0, length);
}

/** The position after a whole `ESC [ ... letter` at `at`, or `at` itself. */
function escapeEnd(line: Uint8Array, at: number): number {
  if (line[at] !== ESCAPE || line[at + 1] !== OPEN_BRACKET) return at;
  let end = at + 2;
  let byte = line[end] ?? 0;
  // Parameter bytes of a control sequence, ECMA-48.
  while (byte >= 0x20 && byte <= 0x3f) byte = line[++end] ?? 0;
  return byte >= 0x40 && byte <= 0x7e ? end + 1 : at;
}

/** Whether the line, without blanks at its end, was blank before a collector put its prefix in front. */
export function isOnlyPrefix(text: string): boolean {
  return PREFIX_ALONE.test(`${text} `);
}

/** How many bytes stand before what the monitor printed; 0 where nothing known follows. */
export function prefixLength(line: Uint8Array): number {
  return PREFIX.exec(latin1.decode(line.subarray(0, PREFIX_BYTES)))?.[0].length ?? 0;
}
