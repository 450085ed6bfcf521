/** What can go wrong, as codes with the facts that a sentence needs; `src/report/explain.ts` has the sentences. */

export type Problem =
  | { readonly code: 'USAGE'; readonly message: string }
  | { readonly code: 'KUBECONFIG_NOT_FOUND'; readonly tried: readonly string[] }
  | { readonly code: 'KUBECONFIG_INVALID'; readonly path: string; readonly detail: string }
  | { readonly code: 'CONTEXT_NOT_FOUND'; readonly context: string; readonly known: readonly string[] }
  | { readonly code: 'CREDENTIALS_FAILED'; readonly context: string | null; readonly detail: string }
  | {
      readonly code: 'API_UNREACHABLE';
      readonly context: string | null;
      readonly server: string;
      readonly detail: string;
    }
  | {
      readonly code: 'API_ERROR';
      readonly context: string | null;
      readonly request: string;
      readonly status: number;
      readonly detail: string;
    }
  | { readonly code: 'UNAUTHORIZED'; readonly context: string | null; readonly server: string }
  | {
      readonly code: 'FORBIDDEN';
      readonly context: string | null;
      readonly verb: string;
      readonly resource: string;
      readonly namespace: string | null;
      /** The server's own words. */
      readonly detail: string;
    }
  /** Not allowed, and not needed: what is done without it depends on the resource. */
  | {
      readonly code: 'DONE_WITHOUT';
      readonly context: string | null;
      readonly verb: string;
      /** `ciliumidentities.cilium.io` */
      readonly resource: string;
      readonly namespace: string | null;
    }
  | {
      readonly code: 'EXEC_FORBIDDEN';
      readonly context: string | null;
      readonly namespace: string;
      readonly pod: string;
      readonly verbs: readonly string[];
      readonly detail: string;
    }
  | {
      readonly code: 'EXEC_NOT_FOUND';
      readonly context: string | null;
      readonly namespace: string;
      readonly pod: string;
      readonly container: string;
      readonly detail: string;
    }
  | {
      readonly code: 'POD_NOT_FOUND';
      readonly context: string | null;
      readonly namespace: string;
      readonly name: string;
      readonly near: readonly string[];
    }
  | {
      readonly code: 'POLICY_NOT_FOUND';
      readonly context: string | null;
      /** As it was asked for: with its namespace, or without. */
      readonly name: string;
      readonly near: readonly string[];
    }
  | {
      readonly code: 'WORKLOAD_NOT_FOUND';
      readonly context: string | null;
      readonly namespace: string;
      readonly kind: string;
      readonly name: string;
      readonly near: readonly string[];
    }
  | {
      readonly code: 'WORKLOAD_EMPTY';
      readonly context: string | null;
      readonly namespace: string;
      readonly kind: string;
      readonly name: string;
    }
  | {
      readonly code: 'NO_POD_MATCHES';
      readonly context: string | null;
      readonly namespace: string | null;
      readonly selector: string;
    }
  | {
      readonly code: 'NODE_NOT_FOUND';
      readonly context: string | null;
      readonly node: string;
      readonly near: readonly string[];
    }
  | { readonly code: 'POD_NOT_SCHEDULED'; readonly namespace: string; readonly pod: string; readonly phase: string }
  | { readonly code: 'POD_FINISHED'; readonly namespace: string; readonly pod: string; readonly phase: string }
  | { readonly code: 'POD_HOST_NETWORK'; readonly namespace: string; readonly pod: string; readonly node: string }
  | { readonly code: 'ENDPOINT_NOT_FOUND'; readonly namespace: string; readonly pod: string; readonly node: string }
  | {
      readonly code: 'AGENT_NOT_FOUND';
      readonly context: string | null;
      readonly node: string;
      readonly namespace: string | null;
      readonly selector: string;
    }
  | {
      readonly code: 'AGENT_NOT_READY';
      readonly node: string;
      readonly namespace: string;
      readonly pod: string;
      readonly detail: string;
    }
  | {
      readonly code: 'AGENT_CONTAINER_NOT_FOUND';
      readonly node: string;
      readonly namespace: string;
      readonly pod: string;
      readonly container: string;
      readonly known: readonly string[];
    }
  | {
      readonly code: 'AGENT_COMMAND_FAILED';
      readonly node: string;
      readonly namespace: string;
      readonly pod: string;
      readonly command: string;
      readonly exitCode: number | null;
      readonly detail: string;
    }
  | {
      readonly code: 'STREAM_LOST';
      readonly node: string;
      readonly namespace: string;
      readonly pod: string;
      readonly detail: string;
      /** False for one that was lost before it had begun. */
      readonly hadBegun: boolean;
    }
  | {
      readonly code: 'EVENT_TYPE_UNKNOWN';
      readonly node: string;
      readonly pod: string;
      readonly type: string;
      readonly detail: string;
    }
  | {
      readonly code: 'HUBBLE_UNAVAILABLE';
      readonly node: string;
      readonly namespace: string;
      readonly pod: string;
      readonly detail: string;
    }
  | { readonly code: 'INPUT_UNREADABLE'; readonly path: string; readonly detail: string }
  | { readonly code: 'SUMMARY_INVALID'; readonly path: string; readonly detail: string }
  | { readonly code: 'RECORDING_INVALID'; readonly path: string; readonly detail: string }
  /** `begun`: some of it was written. */
  | { readonly code: 'RECORDING_UNWRITABLE'; readonly path: string; readonly detail: string; readonly begun: boolean }
  /** The same part of one recording, from two files. */
  | { readonly code: 'RECORDING_TWICE'; readonly path: string; readonly other: string }
  /** Two recordings that heard the same endpoint at the same time. */
  | { readonly code: 'RECORDINGS_OVERLAP'; readonly path: string; readonly other: string; readonly node: string }
  /** What was asked for lies outside of the time that the input tells of. */
  | { readonly code: 'WINDOW_MISSED'; readonly sinceMs: number; readonly untilMs: number }
  | {
      readonly code: 'EXPECTATION_INVALID';
      /** The case of a file; null on the command line. */
      readonly name: string | null;
      readonly text: string;
      /** Where in `text` it goes wrong. */
      readonly at: number;
      readonly wanted: string;
    }
  /** `text` is a JSONPath template; where it goes wrong, and what is wanted there. */
  | { readonly code: 'TEMPLATE_INVALID'; readonly text: string; readonly at: number; readonly wanted: string }
  | { readonly code: 'CHECKS_INVALID'; readonly path: string; readonly detail: string }
  | { readonly code: 'COMMAND_NOT_RUN'; readonly command: string; readonly detail: string }
  | { readonly code: 'OUTPUT_UNWRITABLE'; readonly detail: string }
  /** Reasons in words, as the table says them. */
  | { readonly code: 'INCOMPLETE'; readonly reasons: readonly string[] };

/** The one error class: what is thrown is always a `Problem` with, where there is one, its cause. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly problem: Problem;

  constructor(problem: Problem, cause?: unknown) {
    super(problem.code, cause === undefined ? undefined : { cause });
    this.problem = problem;
  }
}

export function failure(problem: Problem, cause?: unknown): Failure {
  return new Failure(problem, cause);
}
