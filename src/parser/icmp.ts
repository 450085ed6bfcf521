/** How gopacket prints ICMP types and codes (layers/icmp4.go, icmp6.go), and the numbers behind the words. */
import type { Icmp } from '../model/event.ts';

type Codes = readonly string[];

/** Types that print a code's name in parentheses; the others print their name alone while the code is 0. */
const V4_TYPES: Readonly<Record<string, readonly [type: number, codes: Codes]>> = {
  EchoReply: [0, []],
  DestinationUnreachable: [
    3,
    [
      'Net',
      'Host',
      'Protocol',
      'Port',
      'FragmentationNeeded',
      'SourceRoutingFailed',
      'NetUnknown',
      'HostUnknown',
      'SourceIsolated',
      'NetAdminProhibited',
      'HostAdminProhibited',
      'NetTOS',
      'HostTOS',
      'CommAdminProhibited',
      'HostPrecedence',
      'PrecedenceCutoff',
    ],
  ],
  SourceQuench: [4, []],
  Redirect: [5, ['Net', 'Host', 'TOS+Net', 'TOS+Host']],
  EchoRequest: [8, []],
  RouterAdvertisement: [9, []],
  RouterSolicitation: [10, []],
  TimeExceeded: [11, ['TTLExceeded', 'FragmentReassemblyTimeExceeded']],
  ParameterProblem: [12, ['PointerIndicatesError', 'MissingOption', 'BadLength']],
  TimestampRequest: [13, []],
  TimestampReply: [14, []],
  InfoRequest: [15, []],
  InfoReply: [16, []],
  AddressMaskRequest: [17, []],
  AddressMaskReply: [18, []],
};

const V6_TYPES: typeof V4_TYPES = {
  DestinationUnreachable: [
    1,
    [
      'NoRouteToDst',
      'AdminProhibited',
      'BeyondScopeOfSrc',
      'AddressUnreachable',
      'PortUnreachable',
      'SrcAddressFailedPolicy',
      'RejectRouteToDst',
    ],
  ],
  PacketTooBig: [2, []],
  TimeExceeded: [3, ['HopLimitExceeded', 'FragmentReassemblyTimeExceeded']],
  // Codes 1 and 2 print the same words.
  ParameterProblem: [4, ['ErroneousHeaderField', 'UnrecognizedNextHeader']],
  EchoRequest: [128, []],
  EchoReply: [129, []],
  RouterSolicitation: [133, []],
  RouterAdvertisement: [134, []],
  NeighborSolicitation: [135, []],
  NeighborAdvertisement: [136, []],
  Redirect: [137, []],
};

const WITH_CODE = /^([A-Za-z]+|\d{1,3})\((?:Code: (\d{1,3})|(\d{1,3})|([A-Za-z+]+))\)$/;

/** Null where `text` is no whole ICMP description; numbers stay null where only the words are known. */
export function readIcmp(text: string, family: 4 | 6): Icmp | null {
  const types = family === 4 ? V4_TYPES : V6_TYPES;
  const plain = Object.hasOwn(types, text) ? types[text] : undefined;
  if (plain !== undefined) return plain[1].length === 0 ? { text, type: plain[0], code: 0 } : null;
  const parts = WITH_CODE.exec(text);
  if (parts === null) return null;
  const [, name = '', codeNumber, unknownCode, codeName] = parts;
  if (/^\d/.test(name))
    return unknownCode === undefined ? null : { text, type: Number(name), code: Number(unknownCode) };
  const known = Object.hasOwn(types, name) ? types[name] : undefined;
  const type = known?.[0] ?? null;
  if (codeNumber !== undefined) return { text, type, code: Number(codeNumber) };
  if (codeName === undefined) return null;
  const code = known?.[1].indexOf(codeName) ?? -1;
  const ambiguous = codeName === 'UnrecognizedNextHeader';
  return { text, type, code: code < 0 || ambiguous ? null : code };
}

/** The same the other way round. */
export function icmpText(type: number, code: number, family: 4 | 6): string {
  const known = Object.entries(family === 4 ? V4_TYPES : V6_TYPES).find(([, [number]]) => number === type);
  if (known === undefined) return `${type}(${code})`;
  const [name, [, codes]] = known;
  if (codes.length === 0 && code === 0) return name;
  const word = codes[code];
  return word === undefined ? `${name}(Code: ${code})` : `${name}(${word})`;
}
