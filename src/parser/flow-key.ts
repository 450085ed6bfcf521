/** A number that stands for a flow: protocol, addresses and ports. */
import type { PacketSummary } from './packet.ts';

type Ends = Pick<PacketSummary, 'source' | 'destination' | 'sourcePort' | 'destinationPort'>;

/** Two lanes of 32 bits, of which 52 are kept: what a number holds exactly. */
export function flowKeyOf(packet: Ends, protocol: number): number {
  const { source, destination } = packet;
  if (source.family === 0) return 0;
  const ports = ((packet.sourcePort & 0xffff) << 16) | (packet.destinationPort & 0xffff);
  let high = mix(mix(mix(protocol ^ source.w3, 0x85ebca6b) ^ destination.w3, 0x85ebca6b) ^ ports, 0x85ebca6b);
  let low = mix(mix(mix(~protocol ^ source.w3, 0xc2b2ae35) ^ destination.w3, 0xc2b2ae35) ^ ports, 0xc2b2ae35);
  if (source.family === 6) {
    high = mixAddress(
      mixAddress(high, source.w0, source.w1, source.w2, 0x85ebca6b),
      destination.w0,
      destination.w1,
      destination.w2,
      0x85ebca6b,
    );
    low = mixAddress(
      mixAddress(low, source.w0, source.w1, source.w2, 0xc2b2ae35),
      destination.w0,
      destination.w1,
      destination.w2,
      0xc2b2ae35,
    );
  }
  const key = (high >>> 0) * 0x100000 + (low >>> 12);
  return key === 0 ? 1 : key;
}

function mix(value: number, factor: number): number {
  const product = Math.imul(value, factor);
  return Math.imul(product ^ (product >>> 15), 0x27d4eb2f) ^ (product >>> 13);
}

function mixAddress(value: number, w0: number, w1: number, w2: number, factor: number): number {
  return mix(mix(mix(value ^ w0, factor) ^ w1, factor) ^ w2, factor);
}
