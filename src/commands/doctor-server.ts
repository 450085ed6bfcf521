/** Asks the API server all that `doctor` wants of it; every question has its own time limit and its own failure. */
import { type PolicyObject, readPolicyObject } from '../attribution/policy-object.ts';
import { listPolicies } from '../discovery/policies.ts';
import type { ClockDifference, ConfigFacts, NeedAnswer, ServerFacts, UserFacts } from '../doctor/facts.ts';
import { NEEDS, type Places, questionsOf } from '../doctor/needs.ts';
import type { Clock } from '../model/clock.ts';
import type { KubeApi, KubeServer } from '../model/kubernetes.ts';
import { type Asker, atMost } from './doctor-ask.ts';

const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps' };
const CONFIG = 'cilium-config';
/** A Date header tells whole seconds. */
const SECOND_MS = 1_000;
const MOST_AT_ONCE = 8;

export async function askServer(kube: KubeApi & KubeServer, ask: Asker, clock: Clock): Promise<ServerFacts> {
  const beforeMs = clock.nowMs();
  const info = await ask((signal) => kube.serverInfo(signal));
  const timeMs = info.kind === 'known' ? info.value.timeMs : null;
  return { server: kube.server, info, clock: timeMs === null ? null : apart(timeMs, beforeMs, clock.nowMs()) };
}

/** How far another clock is from ours that showed `timeMs`, cut to seconds, somewhen between the two. */
export function apart(timeMs: number, beforeMs: number, afterMs: number): ClockDifference {
  return { leastMs: timeMs - afterMs, mostMs: timeMs + SECOND_MS - beforeMs };
}

export function askUser(kube: KubeServer, ask: Asker): Promise<UserFacts> {
  return ask((signal) => kube.whoAmI(signal));
}

export async function askPermissions(kube: KubeApi, ask: Asker, places: Places): Promise<NeedAnswer[]> {
  return atMost(MOST_AT_ONCE, NEEDS, async (need) => {
    const questions = questionsOf(need, places);
    const answers = await Promise.all(questions.map(async (question) => ask((signal) => kube.mayI(question, signal))));
    return {
      need,
      missing: questions.filter((_, at) => isNo(answers[at])),
      isUnknown: answers.some(({ kind }) => kind !== 'known'),
    };
  });
}

function isNo(answer: Awaited<ReturnType<Asker>> | undefined): boolean {
  return answer?.kind === 'known' && answer.value === false;
}

/** Where the agents are in several namespaces, the first configuration that is there. */
export async function askConfig(kube: KubeApi, ask: Asker, namespaces: readonly string[]): Promise<ConfigFacts> {
  const answers = await Promise.all(
    namespaces.map(async (namespace) =>
      ask(async (signal) => dataOf(await kube.get(CONFIG_MAPS, CONFIG, namespace, signal))),
    ),
  );
  const found = answers.find((answer) => answer.kind === 'known' && answer.value !== null);
  return found ?? answers[0] ?? { kind: 'known', value: null };
}

function dataOf(configMap: unknown): Readonly<Record<string, string>> | null {
  if (typeof configMap !== 'object' || configMap === null || !('data' in configMap)) return null;
  const { data } = configMap;
  if (typeof data !== 'object' || data === null) return null;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, String(value)]));
}

/** As far as they may be read: what is derived without them says less. */
export async function askPolicies(kube: KubeApi, ask: Asker): Promise<readonly PolicyObject[]> {
  const listed = await ask((signal) => listPolicies({ kube, signal }));
  const all = listed.kind === 'known' ? (listed.value ?? []) : [];
  return all.flatMap(({ kind, object }) => readPolicyObject(object, kind) ?? []);
}
