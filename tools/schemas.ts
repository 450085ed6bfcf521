/** Writes docs/schema/*.json from the schemas that the program itself reads with; with --check it fails where a file is not what would be written. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { ChecksSchema } from '../src/check/file.ts';
import { RecordingLineSchema } from '../src/recording/line.ts';
import { CompareReportSchema } from '../src/schema/compare-report.ts';
import { DoctorReportSchema } from '../src/schema/doctor-report.ts';
import { EventSchema } from '../src/schema/event.ts';
import { CheckReportSchema, PolicyReportSchema } from '../src/schema/reports.ts';
import { SummarySchema } from '../src/schema/summary.ts';

const SCHEMAS = {
  checks: { schema: ChecksSchema, title: 'Expectations for policystat check -f' },
  summary: { schema: SummarySchema, title: 'policystat summary -o json, and each line of watch -o jsonl' },
  event: { schema: EventSchema, title: 'Each line of policystat events -o jsonl' },
  'policy-report': { schema: PolicyReportSchema, title: 'policystat policies -o json' },
  'doctor-report': { schema: DoctorReportSchema, title: 'policystat doctor -o json' },
  'compare-report': { schema: CompareReportSchema, title: 'policystat compare -o json' },
  recording: { schema: RecordingLineSchema, title: 'Each line of what policystat record writes, unpacked' },
  'check-report': { schema: CheckReportSchema, title: 'policystat check -o json' },
} as const;

const folder = fileURLToPath(new URL('../docs/schema/', import.meta.url));
mkdirSync(folder, { recursive: true });
for (const [name, { schema, title }] of Object.entries(SCHEMAS)) {
  const { $schema, ...rest } = toJsonSchema(schema);
  const text = `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
  const path = `${folder}${name}.json`;
  if (!process.argv.includes('--check')) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    process.stderr.write(`docs/schema/${name}.json is out of date: run "npm run docs"\n`);
    process.exitCode = 1;
  }
}
