/** The `demo` command's flags, help and examples. */

import { type Command, Option } from 'commander';
import { DIALECTS } from '../model/event.ts';
import type { Running } from './definition.ts';
import { addOutputOptions, durationMs, positiveNumber } from './options.ts';

export function defineDemo(demo: Command, { io, done }: Running): void {
  demo.description(
    'Boots a small Kubernetes cluster with Cilium and the Star Wars demo inside this process, and watches its deathstar. On a terminal it runs until Ctrl-C.',
  );
  addOutputOptions(demo)
    .optionsGroup('Demo cluster:')
    .addOption(new Option('--dialect <name>', 'whose monitor output to imitate').choices(DIALECTS).default('cilium'))
    .addOption(new Option('--cilium-version <version>', 'the version to imitate, 1.8 to 1.19 (accuknox: 1.10.90)'))
    .addOption(new Option('--rate <number>', 'new connections per second').argParser(positiveNumber).default(5))
    .addOption(
      new Option('--seed <number>', 'the same seed gives the same traffic').argParser(positiveNumber).default(1),
    )
    .addOption(
      new Option('--duration <time>', 'stop after this time (default: at Ctrl-C, without a terminal 10s)').argParser(
        durationMs,
      ),
    )
    .addOption(
      new Option('--interval <time>', 'on a pipe: time between two summaries (default: only the last one)').argParser(
        durationMs,
      ),
    )
    .addOption(
      new Option('--serve-only', 'only serve the cluster, until Ctrl-C, and print how to reach it with kubectl'),
    )
    .addHelpText(
      'after',
      `
Examples:
  policystat demo
  policystat demo --dialect accuknox --rate 50
  policystat demo --serve-only`,
    )
    .action(async () => done(await (await import('./demo.ts')).runDemo(demo.opts(), io)));
}
