/** The Hubble CLI in an agent's container: it knows its state, and says that it has no flows to show. */
import type { World } from '../datapath/world.ts';
import type { Program } from './invocation.ts';

export function createHubble(world: World): Program {
  return (run) => {
    const [command] = run.argv;
    switch (command) {
      case 'version':
        run.out(`hubble v${world.version.text} compiled with go1.24.0 on linux/amd64\n`);
        return Promise.resolve(0);
      case 'status':
        run.out(
          'Healthcheck (via unix:///var/run/cilium/hubble.sock): Ok\nCurrent/Max Flows: 0/4,095 (0.00%)\nFlows/s: 0.00\n',
        );
        return Promise.resolve(0);
      case 'observe':
        run.err('the demo cluster does not serve Hubble flows\n');
        return Promise.resolve(1);
      default:
        run.err(`Error: unknown command "${command ?? ''}" for "hubble"\n`);
        return Promise.resolve(1);
    }
  };
}
