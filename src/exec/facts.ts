/** What an agent says of itself: program, version, dialect. */
import * as v from 'valibot';
import type { AgentFacts, AgentRef } from '../model/cluster.ts';
import { type Launch, versionCommand } from './lifeline.ts';
import { type AgentExec, runInAgent } from './session.ts';

const VersionSchema = v.object({ Client: v.object({ Version: v.string() }) });

/** The version that every branch of AccuKnox' patched Cilium carries. */
const ACCUKNOX_VERSION = '1.10.90';

export interface FactsQuestion {
  /** Asks where it is not known yet. */
  ask(agent: AgentRef, launch: Launch): void;
  /** The container may be another one. */
  forget(): void;
  /** Resolves when nothing of it is left. */
  stop(): Promise<void>;
}

/** Facts are of no consequence for the stream: an agent that does not answer is asked again after the next loss. */
export function createFactsQuestion(
  exec: AgentExec,
  told: (facts: AgentFacts) => void,
  signal: AbortSignal,
): FactsQuestion {
  const stopping = new AbortController();
  const ending = AbortSignal.any([signal, stopping.signal]);
  let asked: Promise<void> | null = null;
  return {
    ask: (agent, launch) => {
      asked ??= askFacts(exec, agent, launch, ending).then(told, () => {
        asked = null;
      });
    },
    forget: () => {
      asked = null;
    },
    stop: async () => {
      stopping.abort();
      await asked;
    },
  };
}

async function askFacts(exec: AgentExec, agent: AgentRef, launch: Launch, signal: AbortSignal): Promise<AgentFacts> {
  const output = await runInAgent(exec, agent, versionCommand(launch), signal);
  return launch === 'wrapped' ? readFacts(output) : readFacts(`${launch}\n${output}`);
}

/** The program's name on the first line, then what its `version` printed, as JSON or as text. */
export function readFacts(output: string): AgentFacts {
  const [program = '', ...rest] = output.split('\n');
  const version = readVersion(rest.join('\n'));
  const dialect = version === null ? null : version === ACCUKNOX_VERSION ? 'accuknox' : 'cilium';
  return { program: program.trim(), version, dialect };
}

function readVersion(text: string): string | null {
  try {
    const version = v.safeParse(VersionSchema, JSON.parse(text));
    if (version.success) return version.output.Client.Version;
  } catch {
    // Text: `Client: 1.19.0-dev e8aa78a5e4 2025-10-30T18:12:28+00:00 go version …`
  }
  return /^Client:\s*v?(\d\S*)/m.exec(text)?.[1] ?? null;
}
