/**
 * What whole lines told of addresses, to hold against lines that end in one.
 *
 * Fragments, GRE, ESP and, before 1.13, SCTP are printed as `S -> D` with nothing after it. Where such a line is cut,
 * `10.244.1.144` becomes `10.244.1.1`: a whole address again. But an endpoint has one address of each family, and
 * the node's own address is no pod's.
 */
import { Address } from './address.ts';
import { toText } from './bytes.ts';

/** A power of two; what falls on another's slot takes it over. */
const HOST_SLOTS = 256;
export const HOST_IDENTITY = 1;
/** What is below is reserved (Cilium pkg/identity/numericidentity.go). */
const FIRST_OF_PODS = 256;

interface SeenEndpoint {
  readonly address: Address;
  readonly text: string;
}

/** Whoever keeps the same addresses in another form. */
export interface Follower {
  learnAddress(endpoint: number, family: number, w0: number, w1: number, w2: number, w3: number): void;
  learnHost(family: number, w0: number, w1: number, w2: number, w3: number): void;
}

export class SeenAddresses {
  follower: Follower | null = null;
  /** By endpoint and family; there are no more endpoints than 16 bits tell. */
  private readonly endpoints = new Map<number, SeenEndpoint>();
  private readonly hosts = Array.from({ length: HOST_SLOTS }, () => new Address());

  /** The addresses of a line that is whole without doubt. */
  remember(bytes: Uint8Array, endpoint: number, local: Address, remote: Address, remoteIdentity: number): void {
    const seen = this.endpoints.get(keyOf(endpoint, local));
    if (seen?.address.equals(local) !== true) this.keep(bytes, endpoint, local);
    if (remoteIdentity !== HOST_IDENTITY) return;
    this.hosts[hostSlotOf(remote)]?.copy(remote);
    this.follower?.learnHost(remote.family, remote.w0, remote.w1, remote.w2, remote.w3);
  }

  private keep(bytes: Uint8Array, endpoint: number, local: Address): void {
    const address = new Address();
    address.copy(local);
    this.endpoints.set(keyOf(endpoint, local), { address, text: toText(bytes, local.start, local.end) });
    this.follower?.learnAddress(endpoint, local.family, local.w0, local.w1, local.w2, local.w3);
  }

  /** Whether `local`, at the open end of a line, can only be a part of the endpoint's address. */
  contradicts(bytes: Uint8Array, endpoint: number, local: Address): boolean {
    const seen = this.endpoints.get(keyOf(endpoint, local));
    if (seen !== undefined)
      return !seen.address.equals(local) && seen.text.startsWith(toText(bytes, local.start, local.end));
    return this.hosts[hostSlotOf(local)]?.equals(local) ?? false;
  }

  /** Whether `address`, of a pod by its identity, is the beginning of some endpoint's, and neither an endpoint's own nor the node's. */
  isPart(bytes: Uint8Array, address: Address, identity: number | null): boolean {
    if (identity === null || identity < FIRST_OF_PODS || this.hosts[hostSlotOf(address)]?.equals(address) === true)
      return false;
    const text = toText(bytes, address.start, address.end);
    let found = false;
    for (const seen of this.endpoints.values()) {
      if (!seen.text.startsWith(text)) continue;
      if (seen.address.equals(address)) return false;
      found = true;
    }
    return found;
  }
}

function keyOf(endpoint: number, { family }: Address): number {
  return endpoint * 2 + (family === 6 ? 1 : 0);
}

function hostSlotOf({ family, w3 }: Address): number {
  return ((w3 << 1) | (family === 6 ? 1 : 0)) & (HOST_SLOTS - 1);
}
