/**
 * Which side of an L7 line is the source.
 *
 * Requests are printed `from SOURCE to DESTINATION`. Responses are printed `to SOURCE from DESTINATION` up to 1.11 and
 * `to DESTINATION from SOURCE` from 1.12 on (Cilium 97908ba924), and a line alone does not tell its version. But
 * `identity A->B` is always source to destination, and the same labels are the same identity: what reserved labels and
 * earlier lines tell decides. Where they don't, it is as with the lines before, if those were all of one kind.
 */
import { RESERVED_NAMES } from './words.ts';

export interface L7Side {
  readonly endpoint: number;
  readonly labels: string;
}

export type ResponseOrder = 'source-first' | 'destination-first';

const MOST_LABELS = 2_000;
const RESERVED_LABEL = /(?:^| )reserved:([a-z0-9-]+)(?: |$)/;

export class L7Ends {
  private readonly identities = new Map<string, number>();
  private hasSourceFirst = false;
  private hasDestinationFirst = false;

  learn(side: L7Side, identity: number): void {
    if (side.labels === '' || this.identities.get(side.labels) === identity) return;
    if (this.identities.size >= MOST_LABELS) this.identities.clear();
    this.identities.set(side.labels, identity);
  }

  /** A line that only one kind of version prints. */
  learnOrder(order: ResponseOrder): void {
    if (order === 'source-first') this.hasSourceFirst = true;
    else this.hasDestinationFirst = true;
  }

  /** The order of a response; `told` is what its own words tell. Null where nothing tells. */
  orderOf(first: L7Side, second: L7Side, source: number, destination: number, told: ResponseOrder | null) {
    const order = told ?? this.orderByLabels(first, second, source, destination);
    if (order !== null) {
      this.learnOrder(order);
      return order;
    }
    if (first.endpoint === second.endpoint && first.labels === second.labels) return 'source-first';
    if (this.hasSourceFirst === this.hasDestinationFirst) return null;
    return this.hasSourceFirst ? 'source-first' : 'destination-first';
  }

  private orderByLabels(first: L7Side, second: L7Side, source: number, destination: number): ResponseOrder | null {
    if (source === destination) return null;
    const one = this.identityOf(first, source, destination);
    const other = this.identityOf(second, source, destination);
    const isSourceFirst = one === source || other === destination;
    const isDestinationFirst = one === destination || other === source;
    if (isSourceFirst === isDestinationFirst) return null;
    return isSourceFirst ? 'source-first' : 'destination-first';
  }

  /** One of the two, or undefined where nothing tells which. */
  private identityOf({ labels }: L7Side, ...candidates: readonly number[]): number | undefined {
    const reserved = RESERVED_NAMES.get(RESERVED_LABEL.exec(labels)?.[1] ?? '');
    if (reserved !== undefined && candidates.includes(reserved)) return reserved;
    const known = this.identities.get(labels);
    return known !== undefined && candidates.includes(known) ? known : undefined;
  }
}
