/** Makes verdicts for the tests of attribution: on the endpoint of the captured deathstar, and of no flow. */
import type { Verdict } from '../../src/model/event.ts';
import { verdict } from '../records.ts';

export function verdictOf(changes: Partial<Verdict>): Verdict {
  return verdict({
    endpoint: 1026,
    source: { ip: '10.244.0.121', port: 55790 },
    destination: { ip: '10.244.0.225', port: 80 },
    flowKey: 0,
    ...changes,
  });
}
