/** Asks an agent's container everything with one exec, and reads the answer: program, version, event types, status, clock, processes. */
import * as v from 'valibot';
import type { Dialect } from '../model/event.ts';
import { type ContainerProcess, readProcesses } from './processes.ts';
import { readConfig } from './running-config.ts';

/** How the sections of the answer begin. */
const MARK = '==policystat:';

/** What this script is called in the list of processes. */
const PROBE_NAME = 'policystat-doctor';

/**
 * Shell built-ins, cat and the agent's own program; it writes nothing and starts nothing that stays. A container that
 * shares its node's process ids sees the processes of others: those with another HOSTNAME in their environment. What
 * has no environment (a zombie) then stays out; in a container with process ids of its own, all belong to it.
 */
const SCRIPT = `if command -v cilium-dbg >/dev/null 2>&1; then P=cilium-dbg; else P=cilium; fi
echo "${MARK}clock"
while read -r k v; do [ "$k" = btime ] && echo "$v"; done </proc/stat
read -r u x </proc/uptime; echo "$u"
echo "${MARK}program"; echo "$P"
echo "${MARK}version"; "$P" version -o json 2>/dev/null || "$P" version 2>/dev/null
echo "${MARK}types"; "$P" monitor --help 2>&1
echo "${MARK}status"; "$P" status -o json 2>/dev/null
echo; echo "${MARK}config"; "$P" config --all 2>/dev/null || "$P" config 2>/dev/null
echo; echo "${MARK}processes"
H=$HOSTNAME; A=$(cat /proc/1/environ 2>/dev/null)
case "$A" in *"HOSTNAME=$H"*) H= ;; esac
for p in /proc/[0-9]*; do
[ "$p" = "/proc/$$" ] && continue
{ read -r s <"$p/stat"; } 2>/dev/null || continue
c=; { read -r c <"$p/cmdline"; } 2>/dev/null
case "$s $c" in *'sh) '*|*') Z '*|*monitor*|*observe*) ;; *) continue ;; esac
if [ -n "$H" ]; then
E=$(cat "$p/environ" 2>/dev/null)
case "$E" in *"HOSTNAME=$H"*) ;; *) continue ;; esac
fi
echo "${MARK}process $s"; cat "$p/cmdline" 2>/dev/null; echo
done
exit 0`;

export const PROBE_COMMAND: readonly string[] = ['sh', '-c', SCRIPT, PROBE_NAME];

/** The same, one by one, of the program itself, where there is no shell. */
export const VERSION_QUESTION: readonly string[] = ['version', '-o', 'json'];
export const HELP_QUESTION: readonly string[] = ['monitor', '--help'];
export const STATUS_QUESTION: readonly string[] = ['status', '-o', 'json'];
export const CONFIG_QUESTION: readonly string[] = ['config', '--all'];

interface HubbleState {
  /** `Ok`, `Disabled`, or what is wrong. */
  readonly state: string;
  readonly bufferFlows: number | null;
}

export interface Probe {
  readonly program: string | null;
  readonly version: string | null;
  readonly dialect: Dialect | null;
  readonly eventTypes: readonly string[] | null;
  readonly hubble: HubbleState | null;
  /** As the agent runs now, by the names that its program prints; null where it printed none. */
  readonly running: Readonly<Record<string, string>> | null;
  /** The agent's time when the script began, to a second. */
  readonly clockMs: number | null;
  /** Null where nobody could look. */
  readonly processes: readonly ContainerProcess[] | null;
}

const VersionSchema = v.object({ Client: v.object({ Version: v.string() }) });
const StatusSchema = v.object({
  hubble: v.nullish(
    v.object({
      state: v.nullish(v.string(), ''),
      observer: v.nullish(v.object({ 'max-flows': v.nullish(v.number(), null) }), null),
    }),
    null,
  ),
});

/** The version that every branch of AccuKnox' patched Cilium carries. */
const ACCUKNOX_VERSION = '1.10.90';

export function readProbe(stdout: string): Probe {
  const sections = sectionsOf(stdout);
  const textOf = (name: string) => sections.find((section) => section.name === name)?.text ?? '';
  const [btime = '', uptime = ''] = textOf('clock').split('\n');
  const clockMs = btime === '' || uptime === '' ? Number.NaN : (Number(btime) + Number(uptime)) * 1000;
  const program = textOf('program').trim();
  return {
    ...readTexts({
      version: textOf('version'),
      help: textOf('types'),
      status: textOf('status'),
      config: textOf('config'),
    }),
    program: program === '' ? null : program,
    clockMs: Number.isFinite(clockMs) ? clockMs : null,
    processes: readProcesses(
      sections.filter(({ name }) => name.startsWith('process ')).map(({ name, text }) => [name.slice(8), text]),
      Number(uptime),
    ),
  };
}

interface PrintedTexts {
  readonly version: string;
  readonly help: string;
  readonly status: string;
  readonly config: string;
}

export function probeWithoutShell(texts: PrintedTexts): Probe {
  return { ...readTexts(texts), program: null, clockMs: null, processes: null };
}

function readTexts({ version: text, help, status, config }: PrintedTexts) {
  const version = readVersion(text);
  const dialect: Dialect | null = version === null ? null : version === ACCUKNOX_VERSION ? 'accuknox' : 'cilium';
  return {
    version,
    dialect,
    eventTypes: readEventTypes(help),
    hubble: readHubble(status),
    running: readConfig(config),
  };
}

function sectionsOf(stdout: string): { readonly name: string; readonly text: string }[] {
  return stdout
    .split(`\n${MARK}`)
    .map((part, at) => (at === 0 ? part.replace(MARK, '') : part))
    .map((part) => {
      const end = part.indexOf('\n');
      return end === -1 ? { name: part, text: '' } : { name: part.slice(0, end), text: part.slice(end + 1) };
    });
}

function readVersion(text: string): string | null {
  const json = v.safeParse(VersionSchema, parsed(text));
  if (json.success) return json.output.Client.Version;
  return /^Client:\s*v?(\d\S*)/m.exec(text)?.[1] ?? null;
}

/** `-t, --type []string   Filter by event types [agent capture debug …]`. */
function readEventTypes(help: string): readonly string[] | null {
  const types = /event types \[([a-z0-9 -]+)\]/.exec(help)?.[1];
  return types === undefined ? null : types.split(' ').filter((type) => type !== '');
}

function readHubble(text: string): HubbleState | null {
  const status = v.safeParse(StatusSchema, parsed(text));
  if (!status.success) return null;
  const { hubble } = status.output;
  if (hubble === null) return { state: 'Disabled', bufferFlows: null };
  return { state: hubble.state, bufferFlows: hubble.observer?.['max-flows'] ?? null };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
