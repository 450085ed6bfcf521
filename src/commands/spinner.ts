/** The spinner on stderr for whoever waits: it is loaded only then, because that takes longer than a cluster nearby takes to answer. */
import type { Ora } from 'ora';
import type { Clock } from '../model/clock.ts';

/** Shorter is no waiting. */
const AFTER_MS = 150;

export interface Spinner {
  show(text: string): void;
  /** Leaves no trace. */
  stop(): void;
}

export function createSpinner(clock: Clock, stream: NodeJS.WritableStream, color: boolean): Spinner {
  let spinner: Ora | null = null;
  let waiting: string[] = [];
  let cancel: (() => void) | null = null;
  const load = async () => {
    const { default: ora } = await import('ora');
    // Ctrl-C stays with the program: it ends with a summary.
    spinner ??= ora({ stream, discardStdin: false, color: color ? 'cyan' : false });
    for (const text of waiting.splice(0)) spinner.start(text);
  };
  return {
    show: (text) => {
      if (spinner !== null) {
        spinner.start(text);
        return;
      }
      waiting.push(text);
      cancel ??= clock.after(AFTER_MS, () => void load());
    },
    stop: () => {
      waiting = [];
      cancel?.();
      cancel = null;
      spinner?.stop();
    },
  };
}
