/** What a command is to the command tree: its line in the list of commands, and its flags only where it is used. */
import type { Command } from 'commander';
import type { Io } from '../io/io.ts';

export interface CommandDefinition {
  readonly name: string;
  readonly summary: string;
  /** What it takes beside its flags, as commander writes it, and what that is. */
  readonly operands?: readonly [syntax: string, meaning: string];
  /** Flags, help and examples. */
  readonly define: (command: Command, running: Running) => void;
}

export interface Running {
  readonly io: Io;
  /** The command behind `--`. */
  readonly beside: readonly string[];
  /** Receives the exit code of the command that ran. */
  readonly done: (exitCode: number) => void;
}
