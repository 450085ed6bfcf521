/** The wrapper that ends the remote program with its client's stdin, so that nothing stays behind in the agent. */

/** How the monitor is started: wrapped, or, where the image has no shell, as it is under one of its two names. */
export type Launch = 'wrapped' | 'cilium-dbg' | 'cilium';

/** What listens in the agent's container. */
export type ListeningProgram =
  | {
      readonly kind: 'monitor';
      readonly types: readonly string[];
      readonly relatedTo: readonly number[];
      /** `-v`: debug messages and translations at sockets are printed with it only (1.8 on). */
      readonly verbose: boolean;
    }
  | {
      readonly kind: 'hubble';
      readonly types: readonly string[];
      /** By the node's clock: what Hubble still has since then is wanted first. */
      readonly resumeFrom?: string | null;
    };

/** Times of the node's clock, RFC 3339. */
export interface PastWindow {
  readonly since: string;
  readonly until: string;
}

const PICK_PROGRAM = 'if command -v cilium-dbg >/dev/null 2>&1; then P=cilium-dbg; else P=cilium; fi';

/**
 * A vanished client ends stdin and nothing else, so a watcher reads it and then ends the program. Shell built-ins only,
 * and every child is waited for: the container's PID 1 is the agent, which collects no zombies. The program's exit code
 * is handed on. Options come in as positional parameters.
 */
function lifeline(prepare: string, program: string): string {
  return `exec 3<&0
${prepare}
${program} "$@" </dev/null 3<&- & M=$!
{ while read -r x <&3; do :; done; kill $M; } >/dev/null 2>&1 & W=$!
wait $M; R=$?; kill $W 2>/dev/null; wait $W 2>/dev/null; exit $R`;
}

const MONITOR = lifeline(PICK_PROGRAM, '"$P" monitor');

/** Said, with the node's time, where `hubble observe`, which says nothing until there is a flow, hears everything from now on. */
export const OBSERVING = 'policystat: observing';
/** Before the oldest flow that there is. */
export const OLDEST = 'policystat: oldest';

const HAS_HUBBLE = "command -v hubble >/dev/null 2>&1 || { echo 'hubble: not found' >&2; exit 127; }";

/** Hubble keeps flows for a while, so that those between the word and the request are not missed, by the node's own clock; a clock without fractions would repeat some. */
const OBSERVE = lifeline(
  `${HAS_HUBBLE}
hubble status >&2 </dev/null 3<&- || exit
T=$(date -u +%Y-%m-%dT%H:%M:%S.%NZ 2>/dev/null)
S=$1; shift
if [ -n "$S" ]; then
  set -- --since "$S" "$@"
  hubble observe --first 1 -o jsonpb 2>/dev/null </dev/null 3<&- | { IFS= read -r L; printf '${OLDEST} %s\\n' "$L" >&2; }
else
  case $T in *[!0-9TZ:.-]*) ;; *.[0-9]*Z) set -- --since "$T" "$@" ;; esac
fi
echo "${OBSERVING} $T" >&2`,
  'hubble observe -f',
);

const PAST_FLOWS = lifeline(`${HAS_HUBBLE}\nhubble status >&2 </dev/null 3<&- || exit`, 'hubble observe');

/** Flows that Hubble still has; ends by itself. */
export function pastFlowsCommand(types: readonly string[], { since, until }: PastWindow): readonly string[] {
  const flags = [...types.flatMap((type) => ['-t', type]), '--since', since, '--until', until, '-o', 'jsonpb'];
  return ['sh', '-c', PAST_FLOWS, 'policystat', ...flags];
}

/** What the agent said of itself since then; from Cilium 1.10 on. */
export function pastEventsCommand({ since }: PastWindow): readonly string[] {
  return ['hubble', 'observe', 'agent-events', '--since', since, '-o', 'jsonpb'];
}

/** One line: the oldest flow of all. Programs that know no `--first` print all that there is. */
const OLDEST_FLOW = `hubble observe --first 1 -o jsonpb 2>/dev/null ||
hubble observe --last 1000000 -o jsonpb 2>/dev/null | { IFS= read -r L; printf '%s\\n' "$L"; }`;

export function oldestFlowCommand(): readonly string[] {
  return ['sh', '-c', OLDEST_FLOW];
}

/** Old versions have no JSON, so the text is asked for where JSON is refused. */
const VERSION = `${PICK_PROGRAM}
echo "$P"; "$P" version -o json 2>/dev/null || exec "$P" version`;

export function listeningCommand(launch: Launch, program: ListeningProgram, numeric: boolean): readonly string[] {
  const types = program.types.flatMap((type) => ['-t', type]);
  if (program.kind === 'hubble') {
    const flags = [...types, '-o', 'jsonpb'];
    if (launch !== 'wrapped') return ['hubble', 'observe', '-f', ...flags];
    return ['sh', '-c', OBSERVE, 'policystat', program.resumeFrom ?? '', ...flags];
  }
  const flags = [
    ...types,
    ...(numeric ? ['-n'] : []),
    ...(program.verbose ? ['-v'] : []),
    ...program.relatedTo.flatMap((endpoint) => ['--related-to', String(endpoint)]),
  ];
  if (launch === 'wrapped') return ['sh', '-c', MONITOR, 'policystat', ...flags];
  return [launch, 'monitor', ...flags];
}

export function versionCommand(launch: Launch): readonly string[] {
  return launch === 'wrapped' ? ['sh', '-c', VERSION, 'policystat'] : [launch, 'version'];
}

const PROGRAM = `${PICK_PROGRAM}
exec "$P" "$@"`;

/** A command of the agent's program that ends by itself. */
export function programCommand(launch: Launch, args: readonly string[]): readonly string[] {
  return launch === 'wrapped' ? ['sh', '-c', PROGRAM, 'policystat', ...args] : [launch, ...args];
}
