/** IP addresses read from bytes: checked as strictly as Go prints them, kept as 32-bit words. */
import type { Cursor } from './bytes.ts';

const COLON = 58;
const DOT = 46;

export class Address {
  /** 4, 6, or 0 where nothing was read. */
  family: 0 | 4 | 6 = 0;
  /** An IPv4 address is `w3` alone. */
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;
  start = 0;
  end = 0;

  clear(): void {
    this.family = 0;
  }

  equals(other: Address): boolean {
    return (
      this.w3 === other.w3 &&
      this.family === other.family &&
      this.w0 === other.w0 &&
      this.w1 === other.w1 &&
      this.w2 === other.w2
    );
  }

  /** The address without its place in a line. */
  copy(other: Address): void {
    this.family = other.family;
    this.w0 = other.w0;
    this.w1 = other.w1;
    this.w2 = other.w2;
    this.w3 = other.w3;
  }

  /** Steps over an IPv4 address. */
  takeV4(cursor: Cursor): boolean {
    const { bytes } = cursor;
    let at = cursor.at;
    this.start = at;
    let value = 0;
    for (let octets = 0; octets < 4; octets++) {
      if (octets > 0 && bytes[at++] !== DOT) return false;
      let octet = (bytes[at] ?? 0) - 48;
      if (octet < 0 || octet > 9) return false;
      let digit = (bytes[++at] ?? 0) - 48;
      if (digit >= 0 && digit <= 9) {
        if (octet === 0) return false;
        octet = octet * 10 + digit;
        digit = (bytes[++at] ?? 0) - 48;
        if (digit >= 0 && digit <= 9) {
          octet = octet * 10 + digit;
          if (octet > 255) return false;
          at++;
        }
      }
      value = (value << 8) | octet;
    }
    this.family = 4;
    this.w0 = 0;
    this.w1 = 0;
    this.w2 = 0;
    this.w3 = value;
    this.end = at;
    cursor.at = at;
    return true;
  }

  /** Steps over an IPv6 address, lower case and without leading zeros, with at most one `::`. */
  takeV6(cursor: Cursor): boolean {
    const { bytes } = cursor;
    const start = cursor.at;
    let at = start;
    let groups = 0;
    let gapAt = -1;
    if (bytes[at] === COLON) {
      if (bytes[at + 1] !== COLON) return false;
      gapAt = 0;
      at += 2;
    }
    while (groups < 8) {
      const first = hexDigit(bytes[at] ?? 0);
      if (first < 0) break;
      let group = first;
      let digits = 1;
      let next = hexDigit(bytes[++at] ?? 0);
      while (next >= 0) {
        if (first === 0 || ++digits > 4) return false;
        group = (group << 4) | next;
        next = hexDigit(bytes[++at] ?? 0);
      }
      groupWords[groups++] = group;
      if (bytes[at] !== COLON) break;
      if (bytes[at + 1] === COLON) {
        if (gapAt >= 0) return false;
        gapAt = groups;
        at += 2;
      } else if (groups < 8 && hexDigit(bytes[at + 1] ?? 0) >= 0) {
        at++;
      } else {
        return false;
      }
    }
    if (gapAt < 0 ? groups !== 8 : groups > 7) return false;
    if (gapAt >= 0) widen(gapAt, groups);
    this.family = 6;
    this.w0 = word(0);
    this.w1 = word(2);
    this.w2 = word(4);
    this.w3 = word(6);
    this.start = start;
    this.end = at;
    cursor.at = at;
    return true;
  }
}

const groupWords = new Uint16Array(8);

/** Puts the groups behind a `::` to the end, and zeros into the gap. */
function widen(gapAt: number, groups: number): void {
  let from = groups - 1;
  for (let to = 7; to >= gapAt; to--) {
    groupWords[to] = from >= gapAt ? (groupWords[from] ?? 0) : 0;
    from--;
  }
}

function word(group: number): number {
  return ((groupWords[group] ?? 0) << 16) | (groupWords[group + 1] ?? 0);
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  if (byte >= 97 && byte <= 102) return byte - 87;
  return -1;
}
