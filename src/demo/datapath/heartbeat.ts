/** The little that happens on every node all the time: the health checks between the agents. */
import type { Clock } from '../../model/clock.ts';
import type { Emit } from './event.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

const EVERY_MS = 500;
const HEALTH_PORT = 4240;

/** Returns what stops it. */
export function startHeartbeat(
  world: World,
  surroundings: { readonly clock: Clock; readonly random: Random; readonly emit: Emit },
): () => void {
  const { clock, random, emit } = surroundings;
  let cancel: () => void = () => undefined;
  const beat = () => {
    for (const { name, internalIp, healthIp } of world.nodes()) {
      const health = world.endpointAt(healthIp);
      if (health === null) continue;
      emit(name, {
        type: 'trace',
        endpoint: health.id,
        summary: `-> endpoint ${health.id}`,
        sourceIdentity: 1,
        destinationIdentity: health.identity,
        state: 'established',
        ifname: health.ifname,
        packet: {
          protocol: 'TCP',
          source: { ip: internalIp, port: random.between(32_768, 60_999) },
          destination: { ip: healthIp, port: HEALTH_PORT },
          flags: 'ACK',
          hash: random.between(1, 0xffffffff),
        },
      });
    }
    cancel = clock.after(EVERY_MS, beat);
  };
  cancel = clock.after(EVERY_MS, beat);
  return () => cancel();
}
