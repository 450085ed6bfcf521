/** What a person is told on stderr while things are being found and while they go wrong. */
import type { Io } from '../io/io.ts';
import type { Problem } from '../model/problem.ts';
import { explain } from '../report/explain.ts';
import { printable } from '../report/printable.ts';
import { usesColor } from './color.ts';
import type { OutputFlags } from './options.ts';
import { createSpinner } from './spinner.ts';

const STEPS = {
  demo: 'Booting the demo cluster',
  connect: 'Reading the kubeconfig',
  targets: 'Finding the pods',
  agents: 'Finding the Cilium agents on their nodes',
  endpoints: 'Finding the endpoints of the pods',
  identities: 'Reading the names of identities',
  listen: 'Opening the streams',
  past: "Reading what the agents' Hubbles still have",
  ask: 'Asking the agents',
} as const;

type Step = keyof typeof STEPS;

/** An agent's own words may be a usage text or an object. */
const LONGEST_DETAIL = 1_000;

export interface Narrator {
  step(step: Step): void;
  warn(problem: Problem): void;
  /** What everybody is told who did not ask for silence. */
  tell(text: string): void;
  /** Only with --verbose. */
  detail(text: string): void;
  /** Where things stand while somebody waits; for a person only. */
  progress(text: string): void;
  /** Nothing more to find: the spinner leaves no trace. */
  settle(): void;
}

/** Steps are for a person at a terminal; warnings are for everybody who did not ask for silence. */
export function createNarrator(io: Io, flags: Pick<OutputFlags, 'quiet' | 'verbose' | 'color'>): Narrator {
  const quiet = flags.quiet === true;
  const { isTerminal, stream } = io.err;
  const spinner =
    isTerminal && stream !== null && !quiet ? createSpinner(io.clock, stream, usesColor(io, io.err, flags)) : null;
  const say = (text: string) => {
    spinner?.stop();
    io.err.write(`policystat: ${text}\n`);
  };
  return {
    step: (step) => spinner?.show(STEPS[step]),
    warn: (problem) => {
      if (!quiet) say(explain(problem));
    },
    tell: (text) => {
      if (!quiet) say(printable(text, LONGEST_DETAIL));
    },
    detail: (text) => {
      if (flags.verbose === true) say(printable(text, LONGEST_DETAIL));
    },
    progress: (text) => spinner?.show(text),
    settle: () => spinner?.stop(),
  };
}
