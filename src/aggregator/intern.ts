/** Owns the small integers that stand for peers and ports, so that counting a line needs no new object. */
import { FIRST_LOCAL_IDENTITY } from '../model/cluster.ts';
import { NO_KEY } from './row.ts';

/** The key of a peer that the line names no identity for. */
const NO_IDENTITY = 1 << 24;
const MOST_LOCAL_IDENTITIES = 1 << 18;
const MOST_PROTOCOLS = 512;
/** A port has 16 bits; one more value says that there is none. */
const PORTS = 65_537;

export interface PeerKeys {
  /** Identities that are local to a node are kept apart by `stream`. */
  keyOf(identity: number | null, stream: LocalIdentities): number;
}

export type LocalIdentities = Map<number, number>;

export function isLocal(identity: number | null): boolean {
  return identity !== null && identity >= FIRST_LOCAL_IDENTITY;
}

export function createPeerKeys(): PeerKeys {
  let locals = 0;
  return {
    keyOf: (identity, stream) => {
      if (identity === null) return NO_IDENTITY;
      if (identity < FIRST_LOCAL_IDENTITY) return identity;
      const known = stream.get(identity);
      if (known !== undefined) return known;
      if (locals >= MOST_LOCAL_IDENTITIES) return NO_KEY;
      locals += 1;
      const key = NO_IDENTITY + locals;
      stream.set(identity, key);
      return key;
    },
  };
}

export interface PortKeys {
  keyOf(protocol: string, port: number | null): number;
}

export function createPortKeys(): PortKeys {
  const protocols = new Map<string, number>();
  return {
    keyOf: (protocol, port) => {
      let base = protocols.get(protocol);
      if (base === undefined) {
        if (protocols.size >= MOST_PROTOCOLS) return NO_KEY;
        base = protocols.size * PORTS;
        protocols.set(protocol, base);
      }
      return base + (port ?? PORTS - 1);
    },
  };
}
