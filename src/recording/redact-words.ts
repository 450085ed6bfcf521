/** The words that stand for what was taken out: a short one of its kind with a keyed hash, the same for the same. */
import { RESERVED_NAMES } from '../model/cluster.ts';
import type { RedactedKind } from '../model/recording.ts';
import { OTHER } from '../model/summary.ts';

export interface Words {
  ip(this: void, text: string): string;
  /** `prefix` says what it is the name of. */
  name(this: void, prefix: string, text: string): string;
  identityName(this: void, text: string): string;
  label(this: void, text: string): string;
  dnsName(this: void, text: string): string;
  url(this: void, text: string): string;
  text(this: void, text: string): string;
  flowKey(this: void, key: number): number;
}

/** Enough that a million different ones hardly ever meet. */
const DIGITS = 14;
/** A flow key has 52 bits. */
const FLOW_KEY_DIGITS = 13;
const MOST_REMEMBERED = 100_000;

/** Cilium's own words, which name nobody. */
const NOBODYS_NAMES: ReadonlySet<string> = new Set([...RESERVED_NAMES, OTHER]);

export function createWords(kinds: readonly RedactedKind[], hash: (text: string) => string): Words {
  const [ips, names, urls] = [kinds.includes('ips'), kinds.includes('names'), kinds.includes('urls')];
  const remembered = new Map<string, string>();

  function word(prefix: string, text: string): string {
    const key = `${prefix} ${text}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const made = `${prefix}-${hash(key).slice(0, DIGITS)}`;
    if (remembered.size < MOST_REMEMBERED) remembered.set(key, made);
    return made;
  }

  const ip = (text: string): string => (ips && text !== '' ? word('ip', text) : text);
  const name = (prefix: string, text: string): string => (names && text !== '' ? word(prefix, text) : text);

  function label(text: string): string {
    if (text.startsWith('reserved:')) return text;
    const source = /^([\w-]{1,20}):/.exec(text)?.[1] ?? '';
    if (source === 'cidr') return ips ? `${source}:${word('ip', text.slice(source.length + 1))}` : text;
    if (!names) return text;
    return `${source === '' ? '' : `${source}:`}${word('label', text.slice(source === '' ? 0 : source.length + 1))}`;
  }

  return {
    ip,
    name,
    label,
    identityName: (text) => {
      if (NOBODYS_NAMES.has(text)) return text;
      if (text.startsWith('cidr:')) return ips ? word('cidr', text) : text;
      if (!names || /^\d+$/.test(text)) return text;
      const slash = text.indexOf('/');
      if (slash < 0) return word('name', text);
      return `${word('ns', text.slice(0, slash))}/${word('pod', text.slice(slash + 1))}`;
    },
    dnsName: (text) => (text !== '' && (names || urls) ? word('dns', text) : text),
    // Hosts in it are names or addresses, and what they are asked for may be either.
    url: (text) => (text !== '' && (urls || names || ips) ? word('url', text) : text),
    text: (text) => (text !== '' && kinds.length > 0 ? word('text', text) : text),
    // Anybody could try all addresses until their key is met.
    flowKey: (key) =>
      ips && key !== 0 ? Number.parseInt(hash(`flow ${key}`).slice(0, FLOW_KEY_DIGITS), 16) || 1 : key,
  };
}
