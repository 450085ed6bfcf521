/** Recordings made in memory, with the summary that the run itself would have printed. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Aggregator, type AggregatorOptions, createAggregator } from '../../src/aggregator/aggregator.ts';
import type { AgentPlan, IdentityName } from '../../src/model/cluster.ts';
import type { RedactedKind } from '../../src/model/recording.ts';
import type { Summary } from '../../src/model/summary.ts';
import { createTapedAggregator } from '../../src/pipeline/taped-aggregator.ts';
import { createRedactor } from '../../src/recording/redact.ts';
import { createRecorder, type TapeOptions } from '../../src/recording/tape.ts';
import { START_MS } from '../aggregator/records.ts';
import { createFakeClock, type FakeClock } from '../pipeline/fake-clock.ts';

function identityName(identity: number): IdentityName {
  return { identity, name: `default/pod-${identity}`, labels: [`k8s:app=pod-${identity}`] };
}

export interface Studio {
  readonly aggregator: Aggregator;
  readonly clock: FakeClock;
  /** The summary of the run, and the parts of its recording. */
  end(): Promise<{ readonly summary: Summary; readonly parts: ReadonlyMap<number, Buffer> }>;
}

export interface StudioOptions {
  readonly id?: string;
  readonly redact?: readonly RedactedKind[];
  readonly tape?: Partial<TapeOptions>;
  readonly counting?: Partial<AggregatorOptions>;
}

export function openStudio({ id = '0', redact, tape = {}, counting = {} }: StudioOptions = {}): Studio {
  const clock = createFakeClock(START_MS);
  const parts = new Map<number, Buffer[]>();
  const recorder = createRecorder({
    clock,
    files: {
      open: (part) => {
        const pieces: Buffer[] = [];
        parts.set(part, pieces);
        return {
          waitingBytes: 0,
          write: (bytes) => void pieces.push(Buffer.from(bytes)),
          close: async () => Promise.resolve(),
        };
      },
      remove: async (part) => {
        parts.delete(part);
        return Promise.resolve();
      },
    },
    program: '0.0.0',
    id: id.padStart(32, '0'),
    pack: (text) => gzipSync(text),
    redactor: redact === undefined ? null : createRedactor(redact, hash),
    maxBytes: 2 ** 30,
    maxPartMs: null,
    keep: null,
    full: () => {},
    ...tape,
  });
  const aggregator = createTapedAggregator(aggregatorOptions(counting), recorder);
  return {
    aggregator,
    clock,
    end: async () => {
      const summary = aggregator.summary(clock.nowMs());
      await recorder.end();
      return { summary, parts: new Map([...parts].map(([part, pieces]) => [part, Buffer.concat(pieces)])) };
    },
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function aggregatorOptions(changes: Partial<AggregatorOptions>): AggregatorOptions {
  return { startMs: START_MS, source: 'monitor', types: ['policy-verdict'], identityName, ...changes };
}

/** What a run without a recording counts. */
export function untaped(changes: Partial<AggregatorOptions> = {}): Aggregator {
  return createAggregator(aggregatorOptions(changes));
}

export const PLAN: AgentPlan = {
  agent: { node: 'n1', namespace: 'kube-system', pod: 'cilium-n1', container: 'cilium-agent' },
  targets: [{ namespace: 'default', pod: 'deathstar', node: 'n1', endpoint: 733, identity: 18031, addresses: [] }],
};
