/** Flags of what is printed of the rows, and in which form; checked before anything runs. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Jsonpath } from '../model/order.ts';
import { failure } from '../model/problem.ts';

export interface RowsFlags {
  readonly columns?: readonly string[];
  /** False with --no-headers. */
  readonly headers: boolean;
}

const WITH_COLUMNS = ['table', 'wide', 'csv', 'markdown'];

export function addRowsOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--columns <names>', 'columns of csv, markdown and table, comma-separated').argParser((text: string) =>
        text.split(',').map((name) => name.trim()),
      ),
    )
    .addOption(new Option('--no-headers', 'only the rows of csv, markdown and table'));
}

/** `choices`, and a template. */
export function outputOption(flags: string, choices: readonly string[]): Option {
  return new Option(flags, "output format; also jsonpath=TEMPLATE, in kubectl's syntax")
    .choices(choices)
    .argParser((text: string) => {
      if (!isJsonpath(text) && !choices.includes(text))
        throw new InvalidArgumentError(`Allowed choices are ${[...choices, 'jsonpath=TEMPLATE'].join(', ')}.`);
      return text;
    });
}

export function isJsonpath(output: string): output is Jsonpath {
  return output.startsWith('jsonpath=');
}

/** A pipe has no edge, but a line has to stay readable. */
export const PIPE_COLUMNS = 160;

/** Where columns were chosen, a program reads it. */
export function pipeColumns({ columns, headers }: RowsFlags): number {
  return columns === undefined && headers ? PIPE_COLUMNS : 10_000;
}

/** `known`: the columns that there are. Throws `Failure` for what cannot be printed, before anybody waits for it. */
export async function checkRows(
  { columns, headers, output }: RowsFlags & { readonly output: string },
  known: () => Promise<readonly string[]>,
): Promise<void> {
  if (isJsonpath(output)) await jsonpathOf(output);
  if ((columns !== undefined || !headers) && !WITH_COLUMNS.includes(output))
    throw failure({ code: 'USAGE', message: `--columns and --no-headers are for -o ${WITH_COLUMNS.join(', ')}.` });
  if (columns === undefined) return;
  const names = await known();
  const unknown = columns.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw failure({ code: 'USAGE', message: `There is no column "${unknown}": give some of ${names.join(', ')}.` });
}

/** Loaded only where somebody asks for it. */
export async function jsonpathOf(output: Jsonpath): Promise<(value: object) => string> {
  const [{ compileJsonpath }, { TemplateProblem }] = await Promise.all([
    import('../report/jsonpath.ts'),
    import('../report/jsonpath-template.ts'),
  ]);
  const text = output.slice('jsonpath='.length);
  try {
    return compileJsonpath(text);
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    throw failure({ code: 'TEMPLATE_INVALID', text, at: error.at, wanted: error.wanted });
  }
}
