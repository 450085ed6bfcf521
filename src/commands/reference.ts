/** The flag reference as Markdown, made from the command tree so that it cannot drift. */
import type { Command, Option } from 'commander';
import type { Io } from '../io/io.ts';
import { createProgram } from './program.ts';

export function flagReference(io: Io): string {
  const program = createProgram(null, { io, beside: [], done: () => {} });
  const sections = program.commands.map((command) => commandSection(program.name(), command));
  return `# Commands and flags\n\nMade by \`npm run docs\` from the program itself. Flag over environment over default.\n\n${sections.join('\n')}`;
}

function commandSection(program: string, command: Command): string {
  const rows = command.options.map(optionRow).join('\n');
  const table = rows === '' ? '' : `\n| flag | environment | meaning | default |\n|---|---|---|---|\n${rows}\n`;
  const usage = `\`\`\`\n${program} ${command.name()} ${command.usage()}\n\`\`\``;
  return `## ${command.name()}\n\n${command.description()}\n\n${usage}\n${table}`;
}

function optionRow(option: Option): string {
  const choices =
    option.argChoices === undefined ? '' : ` (${option.argChoices.map((choice) => `\`${choice}\``).join(', ')})`;
  const environment = option.envVar === undefined ? '' : `\`${option.envVar}\``;
  const byDefault: unknown = option.defaultValueDescription ?? option.defaultValue;
  const shown = typeof byDefault === 'string' || typeof byDefault === 'number' ? `\`${byDefault}\`` : '';
  return `| \`${option.flags}\` | ${environment} | ${cell(option.description)}${choices} | ${shown} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
