/** What the flags of `events` hold once they are read. */
import type { FilterFlags } from '../filter/words.ts';
import type { EventTypes } from './event-types.ts';
import type { ClusterFlags, MessageFlags, TargetFlags } from './options.ts';

export interface EventsFlags extends ClusterFlags, TargetFlags, MessageFlags, FilterFlags {
  readonly output: 'text' | 'jsonl';
  readonly type?: EventTypes;
  readonly duration?: number;
  readonly input?: readonly string[];
}
