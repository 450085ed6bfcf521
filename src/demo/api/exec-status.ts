/** What the status channel of an exec says at its end, in the words of Kubernetes 1.36 with containerd. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { goJson } from './respond.ts';

export type ExecProtocol = 'v5.channel.k8s.io' | 'v4.channel.k8s.io';

export type ExecEnd =
  | { readonly kind: 'exited'; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  /** `reason` is what runc says. */
  | { readonly kind: 'not-started'; readonly reason: string };

/** A shell's way of counting: 128 and the signal's number. */
function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

export function execStatus(end: ExecEnd, protocol: ExecProtocol, command: readonly string[]): string {
  if (end.kind === 'not-started') {
    const id = randomBytes(32).toString('hex');
    const cause = `error executing command in container: failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: exec failed: ${end.reason}: unknown`;
    // In v5 one more hop on the way puts its own words in front.
    const inner = protocol === 'v5.channel.k8s.io' ? `Internal error occurred: ${cause}` : cause;
    return goJson({
      metadata: {},
      status: 'Failure',
      message: `Internal error occurred: ${inner}`,
      reason: 'InternalError',
      details: { causes: [{ message: inner }] },
      code: 500,
    });
  }
  const code = exitCode(end.code, end.signal);
  if (code === 0) return goJson({ metadata: {}, status: 'Success' });
  const words =
    protocol === 'v5.channel.k8s.io'
      ? `command terminated with exit code ${code}`
      : `error executing command [${command.join(' ')}], exit code ${code}`;
  return goJson({
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: ${words}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });
}
