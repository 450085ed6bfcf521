/** Asks the API server who it is, what time it has, and who we are to it. */
import * as v from 'valibot';
import type { ServerInfo, UserInfo } from '../model/kubernetes.ts';
import { failure } from '../model/problem.ts';
import { checked, refusal } from './kube-answer.ts';
import type { KubeConnection } from './kube-connection.ts';
import type { Send } from './kube-request.ts';

const VersionSchema = v.object({ gitVersion: v.string() });
const REVIEWS = { group: 'authentication.k8s.io', version: 'v1', plural: 'selfsubjectreviews' };
const ReviewSchema = v.object({
  status: v.object({
    userInfo: v.object({ username: v.nullish(v.string(), ''), groups: v.nullish(v.array(v.string()), []) }),
  }),
});

/** A server may keep its version to itself and still be there. */
export async function serverInfo(connection: KubeConnection, send: Send, signal: AbortSignal): Promise<ServerInfo> {
  const answer = await send('GET', '/version', null, signal);
  if (answer.status === 401)
    throw failure({ code: 'UNAUTHORIZED', context: connection.context, server: connection.server });
  const timeMs = Date.parse(answer.date ?? '');
  return {
    version: answer.status === 200 ? checked(VersionSchema, connection, answer, '/version').gitVersion : null,
    timeMs: Number.isNaN(timeMs) ? null : timeMs,
  };
}

export async function whoAmI(connection: KubeConnection, send: Send, signal: AbortSignal): Promise<UserInfo | null> {
  const path = `/apis/${REVIEWS.group}/${REVIEWS.version}/${REVIEWS.plural}`;
  const review = { apiVersion: `${REVIEWS.group}/${REVIEWS.version}`, kind: 'SelfSubjectReview' };
  const answer = await send('POST', path, JSON.stringify(review), signal);
  if (answer.status === 404) return null;
  if (answer.status !== 200 && answer.status !== 201) throw refusal(connection, answer, 'create', REVIEWS, null, path);
  const { username, groups } = checked(ReviewSchema, connection, answer, path).status.userInfo;
  return { name: username, groups };
}
