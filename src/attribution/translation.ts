/** Joins the two phases of an address translation at a socket into one record with both addresses, in bounded memory. */
import type { Translation } from '../model/datapath-event.ts';

export interface TranslationJoin {
  /** What is complete, or will stay alone, because of this record; in the order of arrival. */
  push(record: Translation): readonly Translation[];
  /** The second phases of what waits will not come. */
  flush(): readonly Translation[];
  readonly waiting: number;
}

/** Sockets whose second phase is waited for; the datapath prints it right behind the first. */
const MOST_WAITING = 1024;

export function joinTranslations(mostWaiting = MOST_WAITING): TranslationJoin {
  const first = new Map<string, Translation>();

  function flush(): readonly Translation[] {
    const left = [...first.values()];
    first.clear();
    return left;
  }

  return {
    push: (record) => {
      const { socketCookie, translation, phase } = record;
      if (socketCookie === null || phase === null) return [record];
      // A cookie is unique on its node; the way back is a translation of its own.
      const key = `${translation ?? ''} ${socketCookie}`;
      const before = first.get(key);
      if (phase === 'post') {
        first.delete(key);
        return before === undefined
          ? [record]
          : [{ ...record, from: record.from ?? before.from, to: record.to ?? before.to }];
      }
      first.delete(key);
      first.set(key, { ...record });
      if (before !== undefined) return [before];
      if (first.size <= mostWaiting) return [];
      const [oldest] = first;
      if (oldest === undefined) return [];
      first.delete(oldest[0]);
      return [oldest[1]];
    },
    flush,
    get waiting() {
      return first.size;
    },
  };
}
