/** The Hubble CLI of an agent's container. */
import { relay } from './relay.ts';

relay('hubble');
