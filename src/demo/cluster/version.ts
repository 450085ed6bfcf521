/** What a Cilium version and dialect mean for the agent: what its program is called and how its monitor speaks. */
import type { Dialect } from '../../model/event.ts';

export interface AgentVersion {
  readonly dialect: Dialect;
  /** As the agent prints it, for example `1.19.0`. */
  readonly text: string;
  readonly minor: number;
  /** Renamed in 1.15 (Cilium 4deff3cd65). */
  readonly program: 'cilium' | 'cilium-dbg';
  readonly image: string;
  /** True for that minor version and newer ones. */
  since(minor: number): boolean;
}

const ACCUKNOX_VERSION = '1.10.90';
const NEWEST_MINOR = 19;
const OLDEST_MINOR = 8;

/** Policy verdicts exist since 1.8, and nothing is known of what comes after 1.19. */
export function agentVersion(dialect: Dialect, asked: string | undefined): AgentVersion {
  const given = asked ?? (dialect === 'accuknox' ? ACCUKNOX_VERSION : `1.${NEWEST_MINOR}`);
  const match = /^v?1\.(\d+)(\.\d+)?(-.*)?$/.exec(given);
  const minor = Number(match?.[1] ?? Number.NaN);
  if (match === null || minor < OLDEST_MINOR || minor > NEWEST_MINOR) {
    throw new RangeError(`the demo cluster plays Cilium 1.${OLDEST_MINOR} to 1.${NEWEST_MINOR}, not ${given}`);
  }
  if (dialect === 'accuknox' && minor !== 10) {
    throw new RangeError(`AccuKnox's patched Cilium is ${ACCUKNOX_VERSION}, not ${given}`);
  }
  const text = `1.${minor}${match[2] ?? (dialect === 'accuknox' ? '.90' : '.0')}${match[3] ?? ''}`;
  return {
    dialect,
    text,
    minor,
    program: minor >= 15 ? 'cilium-dbg' : 'cilium',
    image: dialect === 'accuknox' ? `docker.io/accuknox/cilium:v${text}` : `quay.io/cilium/cilium:v${text}`,
    since: (other) => minor >= other,
  };
}
