/** curl in the demo's pods. */
import { relay } from './relay.ts';

relay('curl');
