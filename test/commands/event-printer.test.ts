/** What is printed of a stream, what is left out for which reason, and that every line is accounted for. */
import { describe, expect, it } from 'vitest';
import { createEventPrinter, type PrinterOptions } from '../../src/commands/event-printer.ts';
import { collectEventTypes } from '../../src/commands/event-types.ts';
import { drop, EVENTS, LIVE, nat, verdict } from '../report/event-records.ts';

function printing(options: Partial<PrinterOptions> = {}) {
  const written: string[] = [];
  const printer = createEventPrinter({
    types: null,
    damaged: true,
    filter: null,
    named: (record) => record,
    render: (record) => (record.type === 'nat' ? `nat ${record.from?.port}-${record.to?.port}\n` : `${record.type}\n`),
    write: (text) => {
      written.push(text);
      return true;
    },
    room: () => Promise.resolve(),
    ...options,
  });
  const account = () => {
    const { received, printed, ignored, unparsed, notShown } = printer.account();
    const left = Object.values(ignored).reduce((sum, count) => sum + count, 0);
    expect(received).toBe(printed + left + unparsed);
    return { received, printed, ignored, unparsed, notShown };
  };
  return { printer, account, lines: () => written.join('').trimEnd().split('\n') };
}

function all(printer: ReturnType<typeof printing>['printer']): void {
  for (const [record, decided] of EVENTS) printer.record(record, decided, LIVE);
  printer.end();
}

describe('choosing', () => {
  it('prints everything but what is nothing', () => {
    const { printer, account, lines } = printing();
    all(printer);
    expect(lines()).toHaveLength(EVENTS.length - 1);
    expect(account()).toEqual({
      // A gap is no line.
      received: EVENTS.length - 1,
      printed: EVENTS.length - 3,
      ignored: { blank: 1 },
      unparsed: 1,
      notShown: 0,
    });
  });

  it('prints the types that were asked for, and what was lost', () => {
    const { printer, account, lines } = printing({
      types: collectEventTypes('drop,policy', undefined),
      damaged: false,
    });
    all(printer);
    expect(new Set(lines())).toEqual(new Set(['policy-verdict', 'drop', 'lost', 'gap', 'node-status']));
    expect(account().ignored).toMatchObject({ agent: 1, trace: 2, l7: 5, 'trace-sock': 2, 'unknown-event': 1 });
  });

  it('leaves out what is about other endpoints, and what the filter refuses', () => {
    const { printer, account, lines } = printing({ filter: (record) => record.type === 'drop' });
    printer.record(drop(), null, LIVE);
    printer.record(drop(), null, { ...LIVE, wanted: false });
    printer.record(verdict(), null, LIVE);
    printer.record({ type: 'lost', events: 1, where: 'unknown', cpu: null }, null, { ...LIVE, wanted: false });
    printer.end();
    expect(lines()).toEqual(['drop', 'lost']);
    expect(account()).toMatchObject({ received: 4, printed: 2, ignored: { 'other-endpoint': 1, filter: 1 } });
  });

  it('prints nothing that comes after the end', () => {
    const { printer, lines } = printing();
    printer.record(drop(), null, LIVE);
    printer.end();
    printer.record(drop(), null, LIVE);
    expect(lines()).toEqual(['drop']);
  });
});

describe('translations', () => {
  const pre = nat({ from: { ip: '10.96.0.10', port: 53, service: null } });
  const post = nat({ phase: 'post', from: null, to: { ip: '10.244.0.7', port: 5353, service: null } });

  it('are one record for `nat`, in which no line is lost', () => {
    const { printer, account, lines } = printing({ types: collectEventTypes('nat', undefined) });
    for (const record of [pre, post, pre]) printer.record(record, null, LIVE);
    printer.record(pre, null, { ...LIVE, node: 'k8s-node2' });
    printer.record(post, null, { ...LIVE, node: 'k8s-node3' });
    printer.end();
    expect(lines()).toEqual(['nat 53-5353', 'nat undefined-5353', 'nat 53-undefined', 'nat 53-undefined']);
    expect(account()).toMatchObject({ received: 5, printed: 4, ignored: { joined: 1 } });
  });

  it('are as they come for `trace-sock`', () => {
    const { printer, lines } = printing({ types: collectEventTypes('trace-sock', undefined) });
    for (const record of [pre, post]) printer.record(record, null, LIVE);
    printer.end();
    expect(lines()).toEqual(['nat 53-undefined', 'nat undefined-5353']);
  });
});

it('counts the lines that a slow terminal has no room for', async () => {
  let isFull = false;
  const { printer, account } = printing({ write: () => !isFull });
  printer.record(drop(), null, LIVE);
  await printer.room();
  isFull = true;
  for (let line = 0; line < 3; line += 1) printer.record(drop(), null, LIVE);
  printer.end();
  expect(account()).toMatchObject({ printed: 4, notShown: 3 });
});

it('writes the lines of one piece together, and a large piece in several', async () => {
  const sizes: number[] = [];
  const { printer } = printing({
    render: () => `${'x'.repeat(999)}\n`,
    write: (text) => {
      sizes.push(text.length);
      return true;
    },
  });
  for (let line = 0; line < 100; line += 1) printer.record(drop(), null, LIVE);
  await Promise.resolve();
  expect(sizes).toEqual([66_000, 34_000]);
});
