/** What the API server's answers mean: bodies that are checked, refusals that become problems. */
import * as v from 'valibot';
import type { Resource } from '../model/kubernetes.ts';
import { type Failure, failure } from '../model/problem.ts';
import type { KubeConnection } from './kube-connection.ts';
import type { Answer } from './kube-request.ts';

const StatusSchema = v.object({ kind: v.literal('Status'), message: v.string() });

export function refusal(
  connection: KubeConnection,
  answer: Answer,
  verb: string,
  resource: Resource,
  namespace: string | null,
  path: string,
): Failure {
  const { context, server } = connection;
  const detail = messageIn(answer.body);
  if (answer.status === 401) return failure({ code: 'UNAUTHORIZED', context, server });
  if (answer.status === 403) {
    const name = resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
    return failure({ code: 'FORBIDDEN', context, verb, resource: name, namespace, detail });
  }
  const request = `${verb === 'create' ? 'POST' : 'GET'} ${path}`;
  return failure({ code: 'API_ERROR', context, request, status: answer.status, detail });
}

/** The server's own words; something in between (a proxy, a load balancer) may answer with a page instead. */
export function messageIn(body: string): string {
  try {
    const status = v.safeParse(StatusSchema, JSON.parse(body));
    if (status.success) return status.output.message;
  } catch {
    // Not JSON.
  }
  return body.slice(0, 200).trim();
}

export function parseBody(connection: KubeConnection, answer: Answer, path: string): unknown {
  try {
    return JSON.parse(answer.body);
  } catch (error) {
    const detail = answer.body.slice(0, 200).trim();
    throw failure(
      { code: 'API_ERROR', context: connection.context, request: `GET ${path}`, status: answer.status, detail },
      error,
    );
  }
}

export function checked<T extends v.GenericSchema>(
  schema: T,
  connection: KubeConnection,
  answer: Answer,
  path: string,
): v.InferOutput<T> {
  const result = v.safeParse(schema, parseBody(connection, answer, path));
  if (result.success) return result.output;
  const detail = `unexpected answer: ${v.getDotPath(result.issues[0]) ?? ''}`;
  throw failure({
    code: 'API_ERROR',
    context: connection.context,
    request: `GET ${path}`,
    status: answer.status,
    detail,
  });
}
