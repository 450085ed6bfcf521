/** Every problem has a sentence that says what failed, on what, and what to do. */
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../src/model/problem.ts';
import { explain } from '../../src/report/explain.ts';
import { HOSTILE } from './summaries.ts';

/** One of each code, with `text` wherever the cluster, a file or a person could have put it. */
function problems(text: string): { readonly [Code in Problem['code']]: Extract<Problem, { code: Code }> } {
  const where = { context: text, namespace: text, pod: text };
  const agent = { node: text, namespace: text, pod: text };
  const api = { context: text, detail: text };
  return {
    USAGE: { code: 'USAGE', message: text },
    KUBECONFIG_NOT_FOUND: { code: 'KUBECONFIG_NOT_FOUND', tried: [text] },
    KUBECONFIG_INVALID: { code: 'KUBECONFIG_INVALID', path: text, detail: text },
    CONTEXT_NOT_FOUND: { code: 'CONTEXT_NOT_FOUND', context: text, known: [text] },
    CREDENTIALS_FAILED: { code: 'CREDENTIALS_FAILED', ...api },
    API_UNREACHABLE: { code: 'API_UNREACHABLE', ...api, server: text },
    API_ERROR: { code: 'API_ERROR', ...api, request: text, status: 500 },
    UNAUTHORIZED: { code: 'UNAUTHORIZED', context: text, server: text },
    FORBIDDEN: { code: 'FORBIDDEN', ...api, verb: text, resource: text, namespace: text },
    DONE_WITHOUT: { code: 'DONE_WITHOUT', context: text, verb: text, resource: text, namespace: text },
    EXEC_FORBIDDEN: { code: 'EXEC_FORBIDDEN', ...where, verbs: [text], detail: text },
    EXEC_NOT_FOUND: { code: 'EXEC_NOT_FOUND', ...where, container: text, detail: text },
    POD_NOT_FOUND: { code: 'POD_NOT_FOUND', context: text, namespace: text, name: text, near: [text] },
    POLICY_NOT_FOUND: { code: 'POLICY_NOT_FOUND', context: text, name: text, near: [text] },
    WORKLOAD_NOT_FOUND: {
      code: 'WORKLOAD_NOT_FOUND',
      context: text,
      namespace: text,
      kind: text,
      name: text,
      near: [text],
    },
    WORKLOAD_EMPTY: { code: 'WORKLOAD_EMPTY', context: text, namespace: text, kind: text, name: text },
    NO_POD_MATCHES: { code: 'NO_POD_MATCHES', context: text, namespace: text, selector: text },
    NODE_NOT_FOUND: { code: 'NODE_NOT_FOUND', context: text, node: text, near: [text] },
    POD_NOT_SCHEDULED: { code: 'POD_NOT_SCHEDULED', namespace: text, pod: text, phase: text },
    POD_FINISHED: { code: 'POD_FINISHED', namespace: text, pod: text, phase: text },
    POD_HOST_NETWORK: { code: 'POD_HOST_NETWORK', ...agent },
    ENDPOINT_NOT_FOUND: { code: 'ENDPOINT_NOT_FOUND', ...agent },
    AGENT_NOT_FOUND: { code: 'AGENT_NOT_FOUND', context: text, node: text, namespace: text, selector: text },
    AGENT_NOT_READY: { code: 'AGENT_NOT_READY', ...agent, detail: text },
    AGENT_CONTAINER_NOT_FOUND: { code: 'AGENT_CONTAINER_NOT_FOUND', ...agent, container: text, known: [text] },
    AGENT_COMMAND_FAILED: { code: 'AGENT_COMMAND_FAILED', ...agent, command: text, exitCode: 1, detail: text },
    STREAM_LOST: { code: 'STREAM_LOST', ...agent, detail: text, hadBegun: true },
    EVENT_TYPE_UNKNOWN: { code: 'EVENT_TYPE_UNKNOWN', node: text, pod: text, type: text, detail: text },
    HUBBLE_UNAVAILABLE: { code: 'HUBBLE_UNAVAILABLE', ...agent, detail: text },
    RECORDING_INVALID: { code: 'RECORDING_INVALID', path: text, detail: text },
    RECORDING_UNWRITABLE: { code: 'RECORDING_UNWRITABLE', path: text, detail: text, begun: true },
    RECORDING_TWICE: { code: 'RECORDING_TWICE', path: text, other: text },
    RECORDINGS_OVERLAP: { code: 'RECORDINGS_OVERLAP', path: text, other: text, node: text },
    INPUT_UNREADABLE: { code: 'INPUT_UNREADABLE', path: text, detail: text },
    SUMMARY_INVALID: { code: 'SUMMARY_INVALID', path: text, detail: text },
    EXPECTATION_INVALID: { code: 'EXPECTATION_INVALID', name: text, text, at: 2, wanted: text },
    WINDOW_MISSED: { code: 'WINDOW_MISSED', sinceMs: 0, untilMs: 1 },
    TEMPLATE_INVALID: { code: 'TEMPLATE_INVALID', text, at: 2, wanted: text },
    CHECKS_INVALID: { code: 'CHECKS_INVALID', path: text, detail: text },
    COMMAND_NOT_RUN: { code: 'COMMAND_NOT_RUN', command: text, detail: text },
    OUTPUT_UNWRITABLE: { code: 'OUTPUT_UNWRITABLE', detail: text },
    INCOMPLETE: { code: 'INCOMPLETE', reasons: [text] },
  };
}

describe.each(Object.values(problems('NAME')))('$code', (problem) => {
  it('has one text', async () => {
    await expect(`${explain(problem)}\n`).toMatchFileSnapshot(`golden/explain-${problem.code}.txt`);
  });
});

describe.each(Object.values(problems(HOSTILE)))('$code with hostile text', (problem) => {
  it('stays in its lines without an active character', () => {
    const lines = explain(problem).split('\n');
    // The caret of an expectation or a template stands under its place.
    expect(lines).toHaveLength(['EXPECTATION_INVALID', 'TEMPLATE_INVALID'].includes(problem.code) ? 3 : 1);
    for (const line of lines) expect(line).not.toMatch(/[[\p{C}\p{Z}]--[ ]]/v);
  });
});

describe('a sentence', () => {
  it('leaves out what is not known', () => {
    const { FORBIDDEN, API_UNREACHABLE } = problems('NAME');
    expect(explain({ ...FORBIDDEN, context: null, namespace: null, detail: '' })).toMatch(
      /^You may not NAME NAME in any namespace\. /,
    );
    expect(explain({ ...API_UNREACHABLE, context: null, detail: ' refused. ' })).toMatch(
      /^The API server NAME cannot be reached: refused\. /,
    );
  });

  it('knows a search everywhere and a stream that never began', () => {
    const { POD_NOT_FOUND, WORKLOAD_EMPTY, STREAM_LOST } = problems('NAME');
    expect(explain({ ...POD_NOT_FOUND, namespace: '*' })).toMatch(/^There is no pod NAME in any namespace /);
    expect(explain({ ...WORKLOAD_EMPTY, namespace: '*' })).toMatch(/^NAME NAME in any namespace /);
    expect(explain({ ...STREAM_LOST, hadBegun: false })).toContain('before it started listening');
  });

  it('suggests what is near, else where to look, and lists no hundreds', () => {
    const { POD_NOT_FOUND } = problems('NAME');
    expect(explain(POD_NOT_FOUND)).toContain('Did you mean NAME?');
    expect(explain({ ...POD_NOT_FOUND, near: [] })).toContain('kubectl get pods -A');
    expect(explain({ ...POD_NOT_FOUND, near: Array.from({ length: 100 }, (_, at) => `pod-${at}`) })).toContain(
      'and 92 more',
    );
  });
});
