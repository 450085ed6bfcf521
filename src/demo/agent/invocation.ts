/** One run of a program in a container of the demo cluster, as the world sees it: what was asked, and where the answer goes. */
export interface Invocation {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly program: string;
  readonly argv: readonly string[];
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Bytes that the program has not taken yet. */
  backlogBytes(): number;
  /** From now on a SIGINT does not end the program but calls back. */
  onInterrupt(then: () => void): void;
  /** Aborted when the program is gone. */
  readonly gone: AbortSignal;
}

/** Resolves with the exit code. */
export type Program = (invocation: Invocation) => Promise<number>;
