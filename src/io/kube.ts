/** The API server, as far as policystat asks it anything: lists, single objects, permissions, exec. Loaded only when a cluster is needed. */
import * as v from 'valibot';
import type { AccessQuestion, KubeApi, KubeServer, ListOptions, Resource } from '../model/kubernetes.ts';
import { Failure, failure } from '../model/problem.ts';
import { checked, messageIn, parseBody, refusal } from './kube-answer.ts';
import { loadContext } from './kube-config.ts';
import { type KubeConnection, openConnection } from './kube-connection.ts';
import { openExec } from './kube-exec.ts';
import { createSender, type Send } from './kube-request.ts';
import { serverInfo, whoAmI } from './kube-server.ts';

export interface KubeOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
  readonly requestTimeoutMs?: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const PAGE_SIZE = 500;
/** The largest clusters have 150,000 pods, of some 7 KB each. */
const LIST_MAX_CHARACTERS = 2 ** 31;
const LIST_MAX_PAGES = 10_000;

const ListSchema = v.object({
  items: v.nullable(v.array(v.unknown())),
  metadata: v.optional(v.object({ continue: v.optional(v.string()) }), {}),
});
const ReviewSchema = v.object({ status: v.object({ allowed: v.boolean() }) });

export async function connectKube(options: KubeOptions): Promise<KubeApi & KubeServer> {
  const context = loadContext(options);
  const { name } = context;
  // The same context, even where another one is the current one by then.
  const reload = name === null ? null : () => loadContext({ ...options, context: name });
  const connection = await openConnection(context, options, options.env, reload);
  const send = createSender(connection, options.requestTimeoutMs ?? null);
  return {
    context: connection.context,
    namespace: options.namespace ?? context.namespace,
    server: connection.server,
    list: (resource, listOptions, signal) => listAll(connection, send, resource, listOptions, signal),
    get: async (resource, name, namespace, signal) => {
      const path = `${pathOf(resource, namespace)}/${encodeURIComponent(name)}`;
      const answer = await send('GET', path, null, signal);
      if (answer.status === 404) return null;
      if (answer.status !== 200) throw refusal(connection, answer, 'get', resource, namespace, path);
      return parseBody(connection, answer, path);
    },
    mayI: (question, signal) => mayI(connection, send, question, signal),
    serverInfo: (signal) => serverInfo(connection, send, signal),
    whoAmI: (signal) => whoAmI(connection, send, signal),
    openExec: async (request, handlers, signal) => {
      try {
        return await openExec(connection, request, handlers, signal);
      } catch (error) {
        const isRefused = error instanceof Failure && error.problem.code === 'UNAUTHORIZED';
        if (!isRefused || !connection.renewCredentials()) throw error;
        return openExec(connection, request, handlers, signal);
      }
    },
  };
}

async function listAll(
  connection: KubeConnection,
  send: Send,
  resource: Resource,
  options: ListOptions,
  signal: AbortSignal,
): Promise<unknown[]> {
  const path = pathOf(resource, options.namespace ?? null);
  const items: unknown[] = [];
  let next = '';
  let hasStartedOver = false;
  let characters = 0;
  for (let pages = 1; ; pages += 1) {
    const pagePath = `${path}?${pageQuery(options, next)}`;
    const answer = await send('GET', pagePath, null, signal);
    if (answer.status === 404) return [];
    // The server forgets a list that is read slowly; the pages of a new one do not fit to those of the old.
    if (answer.status === 410 && next !== '' && !hasStartedOver) {
      hasStartedOver = true;
      items.length = 0;
      next = '';
      continue;
    }
    if (answer.status === 400 && next === '' && options.labelSelector !== undefined)
      throw wrongSelector(options.labelSelector, messageIn(answer.body));
    if (answer.status !== 200) throw refusal(connection, answer, 'list', resource, options.namespace ?? null, pagePath);
    const page = checked(ListSchema, connection, answer, pagePath);
    for (const item of page.items ?? []) items.push(item);
    const following = page.metadata.continue ?? '';
    if (following === '') return items;
    characters += answer.body.length;
    if (following === next || characters > LIST_MAX_CHARACTERS || pages >= LIST_MAX_PAGES) {
      const { context } = connection;
      const detail = 'the list does not end';
      throw failure({ code: 'API_ERROR', context, request: `GET ${path}`, status: answer.status, detail });
    }
    next = following;
  }
}

/** What is a selector and what is none, the API server knows best. */
function wrongSelector(selector: string, detail: string): Failure {
  const message = `The API server does not understand the label selector "${selector}": ${detail}. Write it as for "kubectl get -l": app=web, app!=web, "tier in (a,b)", joined by commas.`;
  return failure({ code: 'USAGE', message });
}

function pageQuery(options: ListOptions, next: string): string {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (options.labelSelector !== undefined) query.set('labelSelector', options.labelSelector);
  if (options.fieldSelector !== undefined) query.set('fieldSelector', options.fieldSelector);
  if (next !== '') query.set('continue', next);
  return query.toString();
}

async function mayI(
  connection: KubeConnection,
  send: Send,
  question: AccessQuestion,
  signal: AbortSignal,
): Promise<boolean> {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: question },
  };
  const answer = await send('POST', path, JSON.stringify(review), signal);
  if (answer.status !== 200 && answer.status !== 201) {
    const resource = { group: 'authorization.k8s.io', version: 'v1', plural: 'selfsubjectaccessreviews' };
    throw refusal(connection, answer, 'create', resource, null, path);
  }
  return checked(ReviewSchema, connection, answer, path).status.allowed;
}

function pathOf({ group, version, plural }: Resource, namespace: string | null): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === null ? `${root}/${plural}` : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}
