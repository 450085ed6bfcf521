/** Owns what one agent told of its endpoints, and forgets whose they are when it says that they are gone. */
import type { EndpointMode } from '../model/audit.ts';

export interface ToldEndpoints {
  told(mode: EndpointMode): void;
  /** Its number may be another pod's next. */
  gone(endpoint: number): void;
}

export function createToldEndpoints(hear: (mode: EndpointMode) => void): ToldEndpoints {
  const modes = new Map<number, EndpointMode>();
  const told = ({ endpoint, namespace, pod, audits, enforced }: EndpointMode) => {
    const mode = { endpoint, namespace, pod, audits, enforced };
    modes.set(endpoint, mode);
    hear(mode);
  };
  return {
    told,
    gone: (endpoint) => {
      const known = modes.get(endpoint);
      if (known !== undefined && known.pod !== null) told({ ...known, namespace: null, pod: null });
    },
  };
}
