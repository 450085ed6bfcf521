/** What a proxy saw of a request, inside a recording. */
import * as v from 'valibot';
import { NumberOrNull, TextOrNull, Texts, WholeNumber } from './words.ts';

const Code = v.pipe(v.number(), v.integer());

const Http = v.object({ protocol: v.literal('http'), method: v.string(), url: v.string(), status: WholeNumber });

const Kafka = v.object({ protocol: v.literal('kafka'), apiKey: v.string(), topic: v.string(), errorCode: Code });

const Dns = v.object({
  protocol: v.literal('dns'),
  observation: v.string(),
  query: v.string(),
  types: Texts,
  ttl: NumberOrNull,
  ips: Texts,
  cnames: Texts,
});

const Other = v.object({ protocol: v.string(), fields: v.record(v.string(), v.string()), status: TextOrNull });

export const L7Details = v.union([Http, Kafka, Dns, Other]);
