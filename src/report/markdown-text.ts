/** Owns what untrusted text may do to Markdown: nothing. */
import { printable } from './printable.ts';

/** Text from the cluster is text: it makes no markup, no cell and no mention. */
export function markdownText(text: string): string {
  return printable(text, 500)
    .replace(/[\\`*_{}[\]()#+!|~$]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@/g, '&#64;');
}
