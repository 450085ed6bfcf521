/** The objects that the demo cluster starts with: those of a real cluster, moved to today and to the asked version. */
import * as v from 'valibot';
import type { KubeObject, ObjectStore } from '../ports.ts';
import captured from './data/objects.json' with { type: 'json' };
import { resourceOf } from './resources.ts';
import type { AgentVersion } from './version.ts';

/** When the objects were read from the real cluster. */
const CAPTURED_MS = Date.parse('2026-11-22T19:05:01Z');
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const AGENT_IMAGE = /^lab\.local\/cilium:lab$/;

const Objects = v.array(
  v.looseObject({
    apiVersion: v.string(),
    kind: v.string(),
    metadata: v.looseObject({ name: v.string(), namespace: v.exactOptional(v.string()) }),
  }),
);

/** Replaces strings at any depth. */
function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
}

export function toKubeTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

export function clusterObjects(version: AgentVersion, nowMs: number): KubeObject[] {
  const laterMs = nowMs - CAPTURED_MS;
  const objects = mapStrings(captured, (text) => {
    if (TIME.test(text)) return toKubeTime(Date.parse(text) + laterMs);
    if (AGENT_IMAGE.test(text)) return version.image;
    if (text === 'lab.local/operator-generic:lab') return version.image.replace('/cilium:', '/operator-generic:');
    return text === 'lab.local/tools:lab' ? 'docker.io/cilium/starwars:v2.1' : text;
  });
  return v.parse(Objects, objects);
}

export function populate(store: ObjectStore, version: AgentVersion, nowMs: number): void {
  for (const object of clusterObjects(version, nowMs)) store.put(resourceOf(object.kind), object);
}
