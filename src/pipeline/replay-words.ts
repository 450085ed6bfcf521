/** What recordings can be asked once they are open, and how they are played. */
import type { Counting } from '../aggregator/aggregator.ts';
import type { RecordSink } from '../model/attributed.ts';
import type { TimeWindow } from '../model/clock.ts';
import type { IdentityLookup } from '../model/cluster.ts';
import type { RedactedKind } from '../model/recording.ts';
import type { Summary } from '../model/summary.ts';
import type { EndpointNames } from './endpoint-names.ts';

export interface Replay extends Pick<EndpointNames, 'endpointName' | 'podAddresses'> {
  /** What the recordings call identities, as far as they were played. */
  readonly identityName: IdentityLookup;
  /** Whether anybody is called that, with or without the namespace; as far as they were played. */
  readonly isName: (name: string) => boolean;
  /** What was taken out of any of them. */
  readonly redacted: readonly RedactedKind[];
  readonly startMs: number;
  /** The time that they tell of, as far as they were played. */
  heldTime(): TimeWindow;
  play(options: ReplayOptions): Promise<Summary>;
}

export interface ReplayOptions {
  readonly sink?: RecordSink | null;
  readonly counting?: Counting;
  /** Only what is of this time; null for all of it. */
  readonly window?: TimeWindow | null;
}
