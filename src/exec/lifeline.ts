/** The wrapper that ends the remote monitor with its client's stdin, so that nothing stays behind in the agent. */

/** How the monitor is started: wrapped, or, where the image has no shell, as it is under one of its two names. */
export type Launch = 'wrapped' | 'cilium-dbg' | 'cilium';

export interface MonitorArguments {
  readonly types: readonly string[];
  readonly numeric: boolean;
  readonly relatedTo: readonly number[];
  /** `-v`: debug messages and translations at sockets are printed with it only (1.8 on). */
  readonly verbose: boolean;
}

const PICK_PROGRAM = 'if command -v cilium-dbg >/dev/null 2>&1; then P=cilium-dbg; else P=cilium; fi';

/**
 * A vanished client ends stdin and nothing else, so a watcher reads it and then ends the monitor. Shell built-ins only,
 * and every child is waited for: the container's PID 1 is the agent, which collects no zombies. The monitor's exit code
 * is handed on. Options come in as positional parameters.
 */
const LIFELINE = `exec 3<&0
${PICK_PROGRAM}
"$P" monitor "$@" </dev/null 3<&- & M=$!
{ while read -r x <&3; do :; done; kill $M; } >/dev/null 2>&1 & W=$!
wait $M; R=$?; kill $W 2>/dev/null; wait $W 2>/dev/null; exit $R`;

/** Old versions have no JSON, so the text is asked for where JSON is refused. */
const VERSION = `${PICK_PROGRAM}
echo "$P"; "$P" version -o json 2>/dev/null || exec "$P" version`;

export function monitorCommand(launch: Launch, options: MonitorArguments): readonly string[] {
  const flags = [
    ...options.types.flatMap((type) => ['-t', type]),
    ...(options.numeric ? ['-n'] : []),
    ...(options.verbose ? ['-v'] : []),
    ...options.relatedTo.flatMap((endpoint) => ['--related-to', String(endpoint)]),
  ];
  if (launch === 'wrapped') return ['sh', '-c', LIFELINE, 'policystat', ...flags];
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
