/** IPv4 networks, as far as policies name them. */

function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

export function isIpv4(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text);
}

export function contains(cidr: string, ip: string): boolean {
  const [network = '', length = '32'] = cidr.split('/');
  if (!isIpv4(network) || !isIpv4(ip)) return false;
  const size = 2 ** (32 - Number(length));
  return Math.floor(toNumber(network) / size) === Math.floor(toNumber(ip) / size);
}
