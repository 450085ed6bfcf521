/** Owns whom a policy selects. */
import { type PolicyObject, type PolicySpec, selectsEndpoint } from '../attribution/policy-object.ts';
import { DIRECTIONS, type Direction } from '../model/packet.ts';
import type { NodeCoverage, Selection } from '../model/policy-report.ts';
import type { Census, CensusEndpoint } from './census.ts';

/** An endpoint, and the parts of the policy that select it. */
export interface Selected {
  readonly endpoint: CensusEndpoint;
  readonly specs: readonly PolicySpec[];
}

const MOST_EXAMPLES = 10;

export function endpointsOf({ specs }: PolicyObject, { endpoints }: Census): Selected[] {
  return endpoints.flatMap((endpoint) => {
    const selecting = specs.filter((spec) => selectsEndpoint(spec, endpoint.labels));
    return selecting.length === 0 ? [] : [{ endpoint, specs: selecting }];
  });
}

export function describeSelection(
  { specs }: PolicyObject,
  selected: readonly Selected[],
  { hasAllPods, hasAllNodes }: Census,
): Selection {
  const used = new Set(selected.flatMap((each) => each.specs));
  const pods = selected.filter(({ endpoint }) => endpoint.pod !== null);
  const wantsNodes = specs.some(({ nodes }) => nodes !== null);
  const wantsPods = specs.some(({ endpoints }) => endpoints !== null);
  // Those that were asked about come first.
  const ordered = selected.toSorted((a, b) => Number(b.endpoint.isWanted) - Number(a.endpoint.isWanted));
  return {
    pods: pods.length,
    others: selected.length - pods.length,
    listened: selected.filter(({ endpoint }) => endpoint.isListened).length,
    specs: specs.length,
    emptySpecs: specs.filter((spec) => !used.has(spec)).length,
    isComplete: (hasAllPods || !wantsPods) && (hasAllNodes || !wantsNodes),
    examples: ordered
      .slice(0, MOST_EXAMPLES)
      .map(({ endpoint: { namespace, pod, node } }) => ({ namespace, pod, node })),
  };
}

/** `seenOn`: the nodes whose agents told of the policy. */
export function coverNodes(selected: readonly Selected[], seenOn: ReadonlySet<string>): NodeCoverage {
  const wanted = selected.filter(({ endpoint }) => endpoint.isWanted);
  const placesOf = (some: readonly Selected[]) => new Set(some.map(({ endpoint }) => endpoint.place));
  const heard = placesOf(wanted.filter(({ endpoint }) => endpoint.isListened));
  return {
    total: new Set([...placesOf(wanted), ...seenOn]).size,
    heard: new Set([...heard, ...seenOn]).size,
    seen: seenOn.size,
  };
}

export function isolatedDirections(specs: readonly PolicySpec[]): Direction[] {
  return DIRECTIONS.filter((direction) => specs.some(({ isolates }) => isolates[direction]));
}

/** Those in which it says anything. */
export function ruledDirections(specs: readonly PolicySpec[]): Direction[] {
  return DIRECTIONS.filter((direction) =>
    specs.some(({ isolates, rules }) => isolates[direction] || rules[direction].length > 0),
  );
}
