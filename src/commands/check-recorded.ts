/** A recording held against expectations: what was heard then, judged now. */

import type { Expectation } from '../check/expectation.ts';
import type { NamedExpectation } from '../check/file.ts';
import type { PeerNames } from '../check/peer-match.ts';
import { createTallies, type Tally } from '../check/tally.ts';
import { createTrial } from '../check/verdict.ts';
import type { Io } from '../io/io.ts';
import type { CheckReport } from '../model/check.ts';
import { namespacedName } from '../model/kubernetes.ts';
import type { Replay } from '../pipeline/replay-words.ts';
import { openInputs } from './inputs.ts';
import { refuseBesideInput, usage } from './plan.ts';

/** `superfluous`: what was given and means nothing without a cluster. */
export async function judgeRecordings(
  paths: readonly string[],
  expectations: readonly NamedExpectation[],
  superfluous: readonly string[],
  io: Io,
): Promise<CheckReport> {
  refuseBesideInput(superfluous);
  const inputs = await openInputs(paths, io);
  const { replay } = inputs;
  if (replay === null)
    throw usage(
      'Monitor text has no known beginning and end, so it cannot prove anything: --input takes recordings here.',
    );
  refuseRedacted(replay, expectations);
  const counting = expectations.flatMap(({ expectation }) => (expectation.kind === 'count' ? [expectation] : []));
  const { tallies, record } = createTallies(counting, () => replay.startMs, namesOf(replay));
  const summary = await inputs.summarize({ sink: { record, room: async () => Promise.resolve() } });
  const trial = createTrial(
    expectations,
    new Map<Expectation, Tally>(tallies.map((tally) => [tally.expectation, tally])),
  );
  return trial.report({ elapsedMs: summary.window.seconds * 1000, isOver: true, summary }, null);
}

/** A recording knows the pods that it listened to, and others by what their identities are called. */
function namesOf({ identityName, podAddresses, isName }: Replay): PeerNames {
  return {
    identityName,
    podAddresses: (pod) => {
      const full = namespacedName(pod);
      const addresses = podAddresses(full);
      return addresses.length > 0 || isName(full) ? addresses : null;
    },
  };
}

/** What was taken out would be met nowhere, and every absence of it would hold. */
function refuseRedacted({ redacted }: Replay, expectations: readonly NamedExpectation[]): void {
  for (const { expectation } of expectations) {
    const kind = expectation.kind === 'count' ? expectation.peer?.kind : undefined;
    if (kind === undefined || kind === 'identity') continue;
    if (redacted.includes(kind === 'cidr' ? 'ips' : 'names'))
      throw usage(
        `"${expectation.text}" asks for something that was removed from the recording (--redact ${redacted.join(',')}): peers can only be told apart by the number of their identity.`,
      );
  }
}
