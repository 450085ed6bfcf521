/** `--input`, the same wherever it is. */
import { Option } from 'commander';
import { collect } from './options.ts';

export function inputOption(): Option {
  return new Option(
    '--input <file>',
    'recordings or monitor text instead of a cluster; plain or gzip, - for stdin; repeatable',
  ).argParser(collect);
}
