/** Background traffic: the empire lands, the alliance is refused, and some try other doors. */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../../model/clock.ts';
import type { Datapath } from './connection.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

const TICK_MS = 25;
/** How long a background client waits: three SYNs when it is refused. */
const TIMEOUT_MS = 5000;
const OTHER_PORTS = [443, 8080, 9090, 22];

/** Returns what stops it. */
export function startTraffic(
  world: World,
  datapath: Datapath,
  surroundings: {
    readonly clock: Clock;
    readonly random: Random;
    readonly perSecond: number;
    readonly serviceIp: string | null;
  },
): () => void {
  const { clock, random, perSecond, serviceIp } = surroundings;
  if (perSecond <= 0) return () => undefined;
  const stopped = new AbortController();
  setMaxListeners(0, stopped.signal);
  let lastMs = clock.nowMs();
  let due = 0;
  let cancel: () => void = () => undefined;

  const connectOnce = () => {
    const pods = world.endpoints().filter(({ namespace }) => namespace === 'default');
    const ofClass = (name: string) => pods.filter(({ labels }) => labels.includes(`k8s:class=${name}`));
    const dice = random.next();
    const from = random.pick(ofClass(dice < 0.7 || dice > 0.93 ? 'tiefighter' : 'xwing'));
    const to = random.pick(ofClass('deathstar'));
    if (from === undefined || to === undefined || to.ip === null) return;
    const port = dice > 0.93 ? (random.pick(OTHER_PORTS) ?? 8080) : 80;
    const path = '/v1/request-landing';
    const host = 'deathstar.default.svc.cluster.local';
    // Only the service's own port is translated.
    const asked = port === 80 ? serviceIp : null;
    const request = {
      from,
      destinationIp: to.ip,
      serviceIp: asked,
      port,
      timeoutMs: TIMEOUT_MS,
      method: 'POST',
      host,
      path,
    };
    void datapath.connect({ ...request, protocol: 'TCP' }, stopped.signal);
  };
  const tick = () => {
    const nowMs = clock.nowMs();
    // After a pause of the machine nobody wants all at once what was missed.
    due += (Math.min(nowMs - lastMs, 1000) / 1000) * perSecond;
    lastMs = nowMs;
    for (; due >= 1; due -= 1) connectOnce();
    cancel = clock.after(TICK_MS, tick);
  };
  tick();
  return () => {
    stopped.abort();
    cancel();
  };
}
