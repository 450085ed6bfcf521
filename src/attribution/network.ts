/** Owns networks as selectors: which of the agent's selectors a network of a rule, with its exceptions, became. */
import ipaddr from 'ipaddr.js';
import type { Requirement } from './label-selector.ts';

type Network = ReturnType<typeof ipaddr.parseCIDR>;

interface WrittenNetwork {
  readonly cidr: string;
  readonly except: readonly string[];
}

/**
 * Exceptions are part of the selector in newer versions (`DoesNotExist`), and in older ones the agent has a
 * selector for each network that they leave of it (pkg/policy/api/cidr.go).
 */
export function isNetworkOf({ cidr, except }: WrittenNetwork, requirements: readonly Requirement[]): boolean {
  if (!requirements.every(({ source }) => source === 'cidr')) return false;
  const isExcepted = ({ operator }: Requirement) => operator === 'DoesNotExist';
  const [meant, ...more] = requirements.filter((one) => !isExcepted(one)).map(({ key }) => readNetwork(key));
  const excepted = requirements.filter(isExcepted).map(({ key }) => readNetwork(key));
  const own = readNetwork(cidr);
  const exceptions = except.map(readNetwork);
  if (meant === undefined || more.length > 0) return false;
  if (isSame(meant, own)) {
    return (
      excepted.length === exceptions.length && exceptions.every((one) => excepted.some((other) => isSame(one, other)))
    );
  }
  const isLeft = exceptions.length > 0 && excepted.length === 0 && contains(own, meant);
  return isLeft && exceptions.every((one) => !contains(one, meant) && !contains(meant, one));
}

/** Null where it is none. Keys of labels have dashes for colons, and no colon at an end (pkg/labels/cidr.go). */
function readNetwork(text: string): Network | null {
  const [address = '', bits] = text.replaceAll('-', ':').split('/');
  if (!ipaddr.isValid(address)) return null;
  const whole = ipaddr.parse(address).kind() === 'ipv4' ? '32' : '128';
  const cidr = `${address}/${bits ?? whole}`;
  return ipaddr.isValidCIDR(cidr) ? ipaddr.parseCIDR(cidr) : null;
}

function isSame(a: Network | null, b: Network | null): boolean {
  return a !== null && b !== null && a[1] === b[1] && contains(a, b);
}

function contains(outer: Network | null, inner: Network | null): boolean {
  if (outer === null || inner === null || outer[1] > inner[1] || outer[0].kind() !== inner[0].kind()) return false;
  return inner[0].match(outer[0], outer[1]);
}
