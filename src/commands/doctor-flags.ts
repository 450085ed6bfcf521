/** The `doctor` command's flags, help and examples. */
import { type Command, Option } from 'commander';
import { ROLE_MODES } from '../doctor/needs.ts';
import type { Running } from './definition.ts';
import { DOCTOR_OUTPUTS } from './doctor-request.ts';
import { addClusterOptions, addColorOption, addTargetOptions, addTellOptions } from './options.ts';

export function defineDoctor(doctor: Command, { io, done }: Running): void {
  doctor.description(
    'Looks at the cluster, your permissions, the agents and their settings, and says what would keep policystat from counting, or make its counts mean something else. It changes nothing. Without targets it looks at every node.',
  );
  addTargetOptions(doctor);
  addClusterOptions(doctor);
  doctor
    .optionsGroup('Output:')
    .addOption(
      new Option('-o, --output <format>', 'output format')
        .env('POLICYSTAT_OUTPUT')
        .choices(DOCTOR_OUTPUTS)
        .default('table'),
    )
    .addOption(
      new Option(
        '--role <command>',
        'print the roles that a command needs, without asking any cluster; with -n: for targets in that namespace only',
      ).choices(ROLE_MODES),
    );
  addTellOptions(addColorOption(doctor))
    .addHelpText(
      'after',
      `
Exit code: 0 if no check failed, 5 if a permission is missing without which nothing works,
6 if there is no agent or no such target, 1 if another check failed.

Examples:
  policystat doctor
  policystat doctor --pod deathstar
  policystat doctor --role watch -n shop | kubectl apply -f -
  policystat doctor -o json | jq '.checks[] | select(.status != "ok")'`,
    )
    .action(async (targets: string[]) =>
      done(await (await import('./doctor.ts')).runDoctor(targets, doctor.opts(), io)),
    );
}
