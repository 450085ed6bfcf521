/** Judges what it costs an agent when policystat reads its policy state: measured by asking once. */
import type { Check } from '../model/doctor.ts';
import type { AgentReading } from './facts.ts';
import { check, count } from './words.ts';

/** Reading the state of a node should not take longer. */
const SLOW_MS = 5_000;

/** The dearest answer to each question, whichever agent gave it. */
export function judgeCost(readings: readonly AgentReading[]): readonly Check[] {
  const asked = readings.filter(({ costs }) => costs.length > 0);
  const questions = [...new Set(asked.flatMap(({ costs }) => costs.map(({ question }) => question)))];
  if (questions.length === 0) return [];
  const dearest = questions.map((question) => {
    const answers = asked.flatMap(({ costs }) => costs.filter((cost) => cost.question === question));
    const bytes = Math.max(...answers.map((answer) => answer.bytes));
    const ms = Math.max(...answers.map((answer) => answer.ms));
    return { question, bytes, ms };
  });
  const parts = dearest.map(({ question, bytes, ms }) => `"${question}" ${sizeText(bytes)} in ${Math.round(ms)} ms`);
  const most = asked.length === 1 ? '' : 'at most ';
  const text = `attribution asks each agent ${count(questions.length, 'question')} when a stream opens, and at most once a second while policy changes; now ${most}${parts.join(' and ')}`;
  const isSlow = dearest.some(({ ms }) => ms > SLOW_MS);
  const advice = isSlow ? 'Name the targets (--pod, -n): if they are few, only their endpoints are read.' : null;
  return [check('cost', isSlow ? 'warning' : 'ok', text, advice)];
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
