/** Writes docs/permissions.md from what the program knows of permissions; with --check it fails where the file is not what would be written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { roleFor } from '../src/commands/doctor-role.ts';
import { COMMANDS, NEEDS, type Need, needsFor, ROLE_MODES, type RoleMode, withoutNeed } from '../src/doctor/needs.ts';

const HEAD = `# Permissions

Made by \`npm run docs\` from the program itself. \`policystat doctor --role COMMAND\` prints the roles below, \`-n NAMESPACE\` for targets in one namespace only, \`--agent-namespace\` where the agents are not in kube-system. \`policystat doctor\` asks the API server what you may, and prints a role for what is missing and for nothing else.

**Exec into an agent's pod is as good as root on its node.** Kubernetes cannot limit it to one command. Who may not have that can still count: from a file that somebody else recorded (\`policystat summary --input FILE\`).

Without a permission that has something in the last column, policystat says so once and goes on; without another one it ends with exit code 5 and names it.
`;

const WHERE: Readonly<Record<Need['where'], string>> = {
  targets: "targets' namespaces",
  agents: "agents' namespace",
  cluster: 'whole cluster',
};

function tableText(): string {
  const rows = NEEDS.map((need) => {
    const resources = need.resources.map(
      (resource) => `\`${resource}${need.subresource === undefined ? '' : `/${need.subresource}`}\``,
    );
    const what = `${resources.join(', ')}${need.name === undefined ? '' : ` (only \`${need.name}\`)`}`;
    const group = need.group === '' ? '' : ` of \`${need.group}\``;
    const commands = need.commands.length === COMMANDS.length ? 'every command' : need.commands.join(', ');
    return `| ${need.verbs.join(', ')} | ${what}${group} | ${WHERE[need.where]} | ${commands} | ${need.why} | ${withoutNeed(need) ?? ''} |`;
  });
  return [
    '| verbs | resource | where | who needs it | why | without it |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** Commands that need the same have one role. */
function groupsOfModes(): readonly (readonly [RoleMode, ...RoleMode[]])[] {
  const groups = new Map<string, [RoleMode, ...RoleMode[]]>();
  for (const mode of ['minimal', ...ROLE_MODES.filter((each) => each !== 'minimal')] as const) {
    const key = JSON.stringify(needsFor(mode));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [mode]);
    else group.push(mode);
  }
  return [...groups.values()];
}

const roles = groupsOfModes().map((modes) => {
  const more =
    modes[0] === 'minimal'
      ? 'What nothing works without, for every command. Names and policies come from the agents then.\n\n'
      : '';
  return `## ${modes.join(', ')}\n\n${more}\`\`\`yaml\n${roleFor(modes[0], {})}\`\`\`\n`;
});
const text = [HEAD, tableText(), ...roles].join('\n');

const path = fileURLToPath(new URL('../docs/permissions.md', import.meta.url));
if (!process.argv.includes('--check')) writeFileSync(path, text);
else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write('docs/permissions.md is out of date: run "npm run docs"\n');
  process.exitCode = 1;
}
