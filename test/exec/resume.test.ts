/** From when on a broken stream of Hubble is asked for again. */
import { describe, expect, it } from 'vitest';
import { createResume, type Resume } from '../../src/exec/resume.ts';

const MS = Date.parse('2026-11-22T19:20:00Z');
const at = (ms: number) => new Date(ms).toISOString();
const point = (knownMs: number) => ({ since: at(knownMs - 1_000), knownMs });
const flow = (ms: number, uuid = '"uuid":"1",') =>
  `{"flow":{"time":"${at(ms)}",${uuid}"Summary":"\\"time\\":\\"x"},"node_name":"lab/n1","time":"${at(ms)}"}\n`;

/** The node's clock is an hour late. */
function begun(): Resume {
  const resume = createResume();
  resume.began({ nodeMs: MS - 3_600_000, oldestMs: null }, MS);
  return resume;
}

function hear(resume: Resume, text: string, pieceBytes = text.length): void {
  for (let from = 0; from < text.length; from += pieceBytes)
    resume.heard(Buffer.from(text.slice(from, from + pieceBytes)));
}

describe('a stream that broke', () => {
  it('is asked for from when it was last heard on, by the clock of its node, and a second more', () => {
    expect(begun().from(MS + 10_000)).toEqual(point(MS - 3_600_000 + 10_000));
  });

  it.each([1, 7, 1000])('is asked for from its last whole flow on, in pieces of %d bytes', (pieceBytes) => {
    const resume = begun();
    const nodeMs = MS - 3_600_000;
    hear(resume, flow(nodeMs + 40_000) + flow(nodeMs + 50_000) + flow(nodeMs + 60_000).slice(0, -5), pieceBytes);
    expect(resume.from(MS + 10_000)).toEqual(point(nodeMs + 50_000));
    resume.broke();
    hear(resume, flow(nodeMs + 70_000), pieceBytes);
    expect(resume.from(MS + 10_000)).toEqual(point(nodeMs + 70_000));
  });

  it('is not asked for again where nobody could tell what was told before', () => {
    const resume = begun();
    hear(resume, flow(MS, ''));
    expect(resume.from(MS)).toBeNull();
    expect(createResume().from(MS)).toBeNull();
    expect(begun().from(null)).toBeNull();
  });
});
