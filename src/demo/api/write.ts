/** Answers create, update, patch and delete of whole objects; there is no defaulting and no validation of fields. */
import * as v from 'valibot';
import { parse as parseYaml } from 'yaml';
import type { KubeObject } from '../ports.ts';
import { type Fields, isFields, textAt } from './fields.ts';
import type { Answer, ReadContext } from './read.ts';
import { represent } from './read.ts';
import { type ApiRequest, storedNamespace } from './request.ts';
import { alreadyExists, badRequest, conflict, methodNotAllowed, notFound, unsupportedMediaType } from './status.ts';

const Body = v.looseObject({
  apiVersion: v.string(),
  kind: v.string(),
  metadata: v.looseObject({
    name: v.pipe(v.string(), v.minLength(1)),
    namespace: v.exactOptional(v.string()),
    uid: v.exactOptional(v.string()),
    resourceVersion: v.exactOptional(v.string()),
    labels: v.exactOptional(v.record(v.string(), v.string())),
  }),
});

/** JSON is YAML too; null where it is neither. */
function parseBody(body: string): unknown {
  try {
    return parseYaml(body);
  } catch {
    return null;
  }
}

/** JSON merge patch (RFC 7386): null removes, objects are merged, all else replaces. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged: Record<string, unknown> = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** Objects as an API server would store them: in the path's namespace, under the path's name. */
function toObject(request: ApiRequest, body: unknown): KubeObject | null {
  const namespace = storedNamespace(request);
  const placed = mergePatch(body, {
    metadata: {
      ...(namespace === null ? {} : { namespace }),
      ...(request.name === null ? {} : { name: request.name }),
    },
  });
  // Asked, not parsed: a parsed copy would have its keys in another order.
  return v.is(Body, placed) ? placed : null;
}

function nextGeneration(previous: KubeObject | null, object: KubeObject): number {
  const generation = previous?.metadata.generation;
  const same = JSON.stringify(previous?.spec) === JSON.stringify(object.spec);
  return typeof generation === 'number' ? generation + (same ? 0 : 1) : 1;
}

/** A policy that the agents have taken in says so; `kubectl get cnp` shows it as VALID. */
function withValidity(object: KubeObject, now: Date): KubeObject {
  const policy = object.kind === 'CiliumNetworkPolicy' || object.kind === 'CiliumClusterwideNetworkPolicy';
  if (!policy || object.status !== undefined) return object;
  const lastTransitionTime = `${now.toISOString().slice(0, 19)}Z`;
  const message = 'Policy validation succeeded';
  return { ...object, status: { conditions: [{ lastTransitionTime, message, status: 'True', type: 'Valid' }] } };
}

function store(request: ApiRequest, context: ReadContext, previous: KubeObject | null, object: KubeObject): Answer {
  const { resource } = request;
  const given = object.metadata.resourceVersion;
  if (previous !== null && given !== undefined && given !== '' && given !== previous.metadata.resourceVersion) {
    return { ok: false, error: conflict(resource.group, resource.plural, object.metadata.name) };
  }
  const metadata = { ...object.metadata, generation: nextGeneration(previous, object) };
  const complete = withValidity({ ...object, metadata }, new Date(context.nowMs));
  const dryRun = request.query.has('dryRun');
  const stored = dryRun ? complete : context.store.put(resource, complete);
  return { ok: true, code: previous === null ? 201 : 200, body: represent(stored, request, context) };
}

export function answerCreate(request: ApiRequest, context: ReadContext, body: string): Answer {
  const { resource, name, subresource } = request;
  if (name !== null || subresource !== null) return { ok: false, error: methodNotAllowed() };
  const object = toObject(request, parseBody(body));
  if (object === null) return { ok: false, error: badRequest('the object provided is unrecognized') };
  if (context.store.get(resource, storedNamespace(request), object.metadata.name) !== null) {
    return { ok: false, error: alreadyExists(resource.group, resource.plural, object.metadata.name) };
  }
  return store(request, context, null, object);
}

export function answerUpdate(request: ApiRequest, context: ReadContext, body: string): Answer {
  const { resource, name } = request;
  const previous = context.store.get(resource, storedNamespace(request), name ?? '');
  if (previous === null) return { ok: false, error: notFound(resource.group, resource.plural, name ?? '') };
  const object = toObject(request, parseBody(body));
  if (object === null) return { ok: false, error: badRequest('the object provided is unrecognized') };
  return store(request, context, previous, object);
}

export function answerPatch(request: ApiRequest, context: ReadContext, contentType: string, body: string): Answer {
  const { resource, name } = request;
  const [media = ''] = contentType.split(';');
  const applies = media.startsWith('application/apply-patch');
  if (!applies && media !== 'application/merge-patch+json' && media !== 'application/strategic-merge-patch+json') {
    return { ok: false, error: unsupportedMediaType() };
  }
  const previous = context.store.get(resource, storedNamespace(request), name ?? '');
  if (previous === null && !applies) {
    return { ok: false, error: notFound(resource.group, resource.plural, name ?? '') };
  }
  const object = toObject(request, mergePatch(previous ?? {}, parseBody(body)));
  if (object === null) return { ok: false, error: badRequest('the object provided is unrecognized') };
  return store(request, context, previous, object);
}

function deletionStatus(request: ApiRequest, object: KubeObject): Fields {
  const { group, plural } = request.resource;
  const named = { name: object.metadata.name, ...(group === '' ? {} : { group }), kind: plural };
  const details = { ...named, uid: object.metadata.uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

export function answerDelete(request: ApiRequest, context: ReadContext): Answer {
  const { resource, name } = request;
  const object = context.store.get(resource, storedNamespace(request), name ?? '');
  if (object === null) return { ok: false, error: notFound(resource.group, resource.plural, name ?? '') };
  if (!request.query.has('dryRun')) {
    context.store.remove(resource, storedNamespace(request), object.metadata.name);
  }
  // Pods go gracefully, so the pod itself is the answer.
  const graceful = textAt(object, 'kind') === 'Pod';
  return { ok: true, body: graceful ? object : deletionStatus(request, object) };
}
