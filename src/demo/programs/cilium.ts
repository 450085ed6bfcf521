/** The agent's own program, under whichever of its two names it is called. */
import { relay } from './relay.ts';

relay('cilium');
