/** What the agents go by while they work on a change of policy: their datapath decides by it some time before they tell of it. */
import type { Clock } from '../../model/clock.ts';
import type { Spec } from './rule.ts';

export interface Worked {
  readonly specs: readonly Spec[];
  readonly revision: number;
}

export interface Work {
  deciding(): Worked;
  told(): Worked;
  /** What is to be decided by from now on; while there is work already, afterwards. */
  begin(next: Worked): void;
}

export interface Pace {
  readonly clock: Clock;
  /** From the announcement until an agent tells of a change; its datapath decides by it after half of that. */
  readonly workMs: number;
}

/** `stepped` is called when something is another, with true when the agents tell of all there is. */
export function createWork(first: Worked, pace: Pace | null, stepped: (isDone: boolean) => void): Work {
  let deciding = first;
  let told = first;
  let newest = first;

  function goOn({ clock, workMs }: Pace): void {
    const next = newest;
    clock.after(workMs / 2, () => {
      deciding = next;
      stepped(false);
      clock.after(workMs / 2, () => {
        told = next;
        stepped(told === newest);
        if (told !== newest) goOn({ clock, workMs });
      });
    });
  }

  return {
    deciding: () => deciding,
    told: () => told,
    begin: (next) => {
      const isAtWork = told !== newest;
      newest = next;
      if (pace !== null) {
        if (!isAtWork) goOn(pace);
        return;
      }
      deciding = next;
      told = next;
      stepped(true);
    },
  };
}
