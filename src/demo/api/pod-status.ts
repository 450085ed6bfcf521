/** A pod's READY, STATUS and RESTARTS as `kubectl get pods` words them (kubernetes printers.go, printPod, 1.36). */
import { ageOf } from './age.ts';
import { at, listAt, numberAt, textAt } from './fields.ts';

export function podReady(pod: unknown): string {
  const statuses = listAt(pod, 'status', 'containerStatuses');
  const ready = statuses.filter((status) => at(status, 'ready') === true);
  return `${ready.length}/${listAt(pod, 'spec', 'containers').length}`;
}

function initReason(pod: unknown): string | null {
  const statuses = listAt(pod, 'status', 'initContainerStatuses');
  for (const [position, status] of statuses.entries()) {
    const terminated = at(status, 'state', 'terminated');
    if (terminated !== undefined && numberAt(terminated, 'exitCode') === 0) continue;
    if (terminated !== undefined) {
      return `Init:${textAt(terminated, 'reason') || `ExitCode:${numberAt(terminated, 'exitCode')}`}`;
    }
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    if (waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`;
    return `Init:${position}/${listAt(pod, 'spec', 'initContainers').length}`;
  }
  return null;
}

function containerReason(pod: unknown): string | null {
  for (const status of listAt(pod, 'status', 'containerStatuses').toReversed()) {
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    if (waiting !== '') return waiting;
    const terminated = at(status, 'state', 'terminated');
    if (terminated === undefined) continue;
    const signal = numberAt(terminated, 'signal');
    return (
      textAt(terminated, 'reason') ||
      (signal === 0 ? `ExitCode:${numberAt(terminated, 'exitCode')}` : `Signal:${signal}`)
    );
  }
  return null;
}

export function podStatus(pod: unknown): string {
  const gone = at(pod, 'metadata', 'deletionTimestamp') !== undefined;
  if (gone) return textAt(pod, 'status', 'reason') === 'NodeLost' ? 'Unknown' : 'Terminating';
  const phase = textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase');
  return initReason(pod) ?? containerReason(pod) ?? phase;
}

export function podRestarts(pod: unknown, nowMs: number): string {
  const statuses = listAt(pod, 'status', 'containerStatuses');
  const restarts = statuses.reduce<number>((sum, status) => sum + numberAt(status, 'restartCount'), 0);
  const lastAt = statuses
    .map((status) => textAt(status, 'lastState', 'terminated', 'finishedAt'))
    .reduce((latest, time) => (time > latest ? time : latest), '');
  return restarts === 0 || lastAt === '' ? String(restarts) : `${restarts} (${ageOf(lastAt, nowMs)} ago)`;
}
