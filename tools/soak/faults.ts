/** What goes wrong in a soak, one after the other, and what of it can be told beforehand. */
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import { NODES, type Node } from './fleet.ts';

export interface Fault {
  readonly name: string;
  /** Whose stream is lost. */
  readonly nodes: readonly Node[];
  /**
   * `before`: it strikes when everything is counted, and all that is sent until the stream is back is missed.
   * `amid`: it strikes in the stream, and only the account afterwards tells what was on its way.
   */
  readonly strikes: 'before' | 'amid';
  strike(demo: DemoCluster): Promise<void>;
}

/** Longer than the silence after which policystat gives a peer up. */
const STALL_MS = 8_000;
const SHORT_STALL_MS = 700;
/** Before, amid and after the first try to open them anew. */
const AGAIN_MS = [0, 30, 300, 900];
const [first, second] = NODES;

function now(act: (demo: DemoCluster) => void): Fault['strike'] {
  return (demo) => {
    act(demo);
    return Promise.resolve();
  };
}

export const FAULTS: readonly Fault[] = [
  { name: 'streams break', nodes: NODES, strikes: 'before', strike: now(({ faults }) => faults.breakStreams()) },
  {
    name: 'agent restarts',
    nodes: [first],
    strikes: 'before',
    strike: async ({ faults }) => faults.restartAgent(first),
  },
  {
    name: 'stream stands still for a moment',
    nodes: [],
    strikes: 'before',
    strike: now(({ faults }) => faults.stall(SHORT_STALL_MS)),
  },
  {
    name: 'streams are cut in the middle of a line',
    nodes: NODES,
    strikes: 'amid',
    strike: now(({ faults }) => faults.cutAfter(20_001)),
  },
  {
    name: 'exec is refused',
    nodes: NODES,
    strikes: 'before',
    strike: now(({ faults }) => {
      faults.refuseExecs(503, 4);
      faults.breakStreams();
    }),
  },
  {
    name: 'agent is replaced',
    nodes: [second],
    strikes: 'before',
    strike: async ({ faults }) => faults.replaceAgent(second),
  },
  { name: 'streams stand still', nodes: NODES, strikes: 'before', strike: now(({ faults }) => faults.stall(STALL_MS)) },
  {
    name: 'streams break again and again',
    nodes: NODES,
    strikes: 'amid',
    strike: async ({ faults }) => {
      for (const afterMs of AGAIN_MS) {
        await new Promise((resolve) => setTimeout(resolve, afterMs));
        faults.breakStreams();
      }
    },
  },
];
