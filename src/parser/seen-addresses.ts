/**
 * What whole lines told of addresses, to hold against lines that end in one.
 *
 * Fragments, GRE, ESP and, before 1.13, SCTP are printed as `S -> D` with nothing after it. Where such a line is cut,
 * `10.244.1.144` becomes `10.244.1.1`: a whole address again. But an endpoint has one address of each family, and
 * the node's own address is no pod's.
 */
import { Address } from './address.ts';
import { toText } from './bytes.ts';

/** Powers of two; what falls on another's slot takes it over, so memory has a bound. */
const ENDPOINT_SLOTS = 256;
const HOST_SLOTS = 16;
export const HOST_IDENTITY = 1;

interface SeenEndpoint {
  endpoint: number;
  readonly address: Address;
  text: string;
}

function createSlots(count: number): SeenEndpoint[] {
  return Array.from({ length: count }, () => ({ endpoint: -1, address: new Address(), text: '' }));
}

export class SeenAddresses {
  private readonly endpoints = createSlots(ENDPOINT_SLOTS * 2);
  private readonly hosts = Array.from({ length: HOST_SLOTS }, () => new Address());

  /** The addresses of a line that is whole without doubt. */
  remember(bytes: Uint8Array, endpoint: number, local: Address, remote: Address, remoteIdentity: number): void {
    const slot = this.slotOf(endpoint, local);
    if (slot !== undefined && (slot.endpoint !== endpoint || !slot.address.equals(local))) {
      slot.endpoint = endpoint;
      slot.address.copy(local);
      slot.text = toText(bytes, local.start, local.end);
    }
    if (remoteIdentity === HOST_IDENTITY) this.hosts[remote.w3 & (HOST_SLOTS - 1)]?.copy(remote);
  }

  /** Whether `local`, at the open end of a line, can only be a part of the endpoint's address. */
  contradicts(bytes: Uint8Array, endpoint: number, local: Address): boolean {
    const slot = this.slotOf(endpoint, local);
    if (slot?.endpoint === endpoint) {
      return !slot.address.equals(local) && slot.text.startsWith(toText(bytes, local.start, local.end));
    }
    return this.hosts[local.w3 & (HOST_SLOTS - 1)]?.equals(local) ?? false;
  }

  private slotOf(endpoint: number, address: Address): SeenEndpoint | undefined {
    return this.endpoints[(endpoint & (ENDPOINT_SLOTS - 1)) * 2 + (address.family === 6 ? 1 : 0)];
  }
}
