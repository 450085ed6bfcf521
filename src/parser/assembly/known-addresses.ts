/** The endpoints' and the hosts' addresses that earlier lines told, as seen-addresses.ts keeps them. */
import { HOST_BYTES, HOSTS, MOST_HOSTS, V4, V6 } from './memory';

export function isKnownAddress(endpoint: u32, isV6: bool, address: u32): bool {
  if (!isV6) return load<u32>(address, 12) != 0 && load<u32>(V4 + (endpoint << 2)) == load<u32>(address, 12);
  const read = v128.load(address);
  return v128.any_true(read) && i8x16.all_true(i8x16.eq(v128.load(V6 + (endpoint << 4)), read));
}

function hostOf(isV6: bool, last: u32): u32 {
  return HOSTS + (((last << 1) | u32(isV6)) & (MOST_HOSTS - 1)) * HOST_BYTES;
}

export function isKnownHost(isV6: bool, address: u32): bool {
  const host = hostOf(isV6, load<u32>(address, 12));
  if (load<u32>(host, 16) != (isV6 ? 6 : 4)) return false;
  if (!isV6) return load<u32>(host, 12) == load<u32>(address, 12);
  return i8x16.all_true(i8x16.eq(v128.load(host), v128.load(address)));
}

/** The endpoint's own address; an IPv4 address is the last word alone. */
export function learnAddress(endpoint: u32, family: u32, w0: u32, w1: u32, w2: u32, w3: u32): void {
  if (family == 4) store<u32>(V4 + (endpoint << 2), w3);
  else storeAddress(V6 + (endpoint << 4), w0, w1, w2, w3);
}

export function learnHost(family: u32, w0: u32, w1: u32, w2: u32, w3: u32): void {
  const host = hostOf(family == 6, w3);
  storeAddress(host, w0, w1, w2, w3);
  store<u32>(host, family, 16);
}

function storeAddress(address: u32, w0: u32, w1: u32, w2: u32, w3: u32): void {
  store<u32>(address, w0);
  store<u32>(address, w1, 4);
  store<u32>(address, w2, 8);
  store<u32>(address, w3, 12);
}
