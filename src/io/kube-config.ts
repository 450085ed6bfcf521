/** kubectl's rules for finding, merging and reading kubeconfig files; what comes out is one context with all that it points to. */
import { readFileSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { load } from 'js-yaml';
import * as v from 'valibot';
import { failure } from '../model/problem.ts';
import {
  type ClusterConfig,
  ClusterSchema,
  ContextSchema,
  FileSchema,
  type KubeContext,
  type NamedEntry,
  type UserConfig,
  UserSchema,
} from './kube-config-schema.ts';
import { inCluster, SERVICE_ACCOUNT_FOLDER } from './kube-in-cluster.ts';

export interface ConfigQuery {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** An entry and the file that it stands in. */
type Found = NamedEntry & { readonly from: string };

interface Merged {
  readonly paths: string[];
  readonly clusters: Map<string, Found>;
  readonly users: Map<string, Found>;
  readonly contexts: Map<string, Found>;
  currentContext: string | null;
}

export function loadContext(query: ConfigQuery, serviceAccountFolder = SERVICE_ACCOUNT_FOLDER): KubeContext {
  const tried = candidatePaths(query);
  const merged = mergeFiles(tried, query.kubeconfig === undefined ? 'skip-missing' : 'all-must-exist');
  const isEmpty = merged.clusters.size + merged.contexts.size + merged.users.size === 0;
  if (isEmpty && query.kubeconfig === undefined) {
    const context = query.context === undefined ? inCluster(query.env, serviceAccountFolder) : null;
    if (context !== null) return context;
    if (merged.paths.length === 0) throw failure({ code: 'KUBECONFIG_NOT_FOUND', tried });
  }
  return pickContext(merged, query.context);
}

function candidatePaths({ kubeconfig, env }: ConfigQuery): string[] {
  if (kubeconfig !== undefined) return [kubeconfig];
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) return [...new Set(listed)];
  const home = env.HOME ?? env.USERPROFILE ?? '';
  return home === '' ? [] : [join(home, '.kube', 'config')];
}

function mergeFiles(paths: readonly string[], missing: 'skip-missing' | 'all-must-exist'): Merged {
  const merged: Merged = {
    paths: [],
    clusters: new Map(),
    users: new Map(),
    contexts: new Map(),
    currentContext: null,
  };
  for (const path of paths) {
    const content = readFile(path);
    if (content === null) {
      if (missing === 'skip-missing') continue;
      throw failure({ code: 'KUBECONFIG_NOT_FOUND', tried: paths });
    }
    merged.paths.push(path);
    const file = check(FileSchema, parseYaml(content, path) ?? {}, path, '');
    for (const kind of ['clusters', 'users', 'contexts'] as const) {
      for (const entry of file[kind] ?? []) {
        if (!merged[kind].has(entry.name)) merged[kind].set(entry.name, { ...entry, from: path });
      }
    }
    merged.currentContext ??= file['current-context'] === '' ? null : (file['current-context'] ?? null);
  }
  return merged;
}

function readFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw failure({ code: 'KUBECONFIG_INVALID', path, detail: messageOf(error) }, error);
  }
}

function parseYaml(content: string, path: string): unknown {
  try {
    // On the way to the first request: this package reads a kubeconfig in half of the time that `yaml` takes.
    return load(content);
  } catch (error) {
    // What follows the first line is a piece of the file, perhaps with a credential in it.
    const [detail = ''] = messageOf(error).split('\n');
    throw failure({ code: 'KUBECONFIG_INVALID', path, detail: detail.replace(/:$/, '') });
  }
}

function check<T extends v.GenericSchema>(schema: T, value: unknown, path: string, where: string): v.InferOutput<T> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = [where, v.getDotPath(issue) ?? ''].filter((part) => part !== '').join('.');
  // The value itself stays out of the message: it may be a credential.
  const what = issue.received === 'undefined' ? 'missing' : `not ${issue.expected ?? issue.type}`;
  throw failure({ code: 'KUBECONFIG_INVALID', path, detail: place === '' ? what : `${place}: ${what}` });
}

function pickContext(merged: Merged, wanted: string | undefined): KubeContext {
  const name = wanted ?? merged.currentContext;
  const all = merged.paths.join(delimiter);
  if (name === null) {
    const known = [...merged.contexts.keys()].join(', ');
    throw failure({ code: 'KUBECONFIG_INVALID', path: all, detail: `current-context is not set (contexts: ${known})` });
  }
  const entry = merged.contexts.get(name);
  if (entry === undefined)
    throw failure({ code: 'CONTEXT_NOT_FOUND', context: name, known: [...merged.contexts.keys()].sort() });
  const context = check(ContextSchema, entry.context, entry.from, `contexts.${name}.context`);
  const cluster = merged.clusters.get(context.cluster);
  if (cluster === undefined) {
    const detail = `contexts.${name}.context.cluster: no cluster "${context.cluster}"`;
    throw failure({ code: 'KUBECONFIG_INVALID', path: entry.from, detail });
  }
  const userName = context.user ?? '';
  const user = merged.users.get(userName);
  if (user === undefined && userName !== '') {
    const detail = `contexts.${name}.context.user: no user "${userName}"`;
    throw failure({ code: 'KUBECONFIG_INVALID', path: entry.from, detail });
  }
  return {
    name,
    namespace: context.namespace === '' ? 'default' : (context.namespace ?? 'default'),
    cluster: absoluteCluster(
      check(ClusterSchema, cluster.cluster, cluster.from, `clusters.${cluster.name}.cluster`),
      cluster.from,
    ),
    user:
      user === undefined
        ? {}
        : absoluteUser(check(UserSchema, user.user ?? {}, user.from, `users.${userName}.user`), user.from),
  };
}

/** Paths in a kubeconfig are meant relative to the file that they stand in. */
function absolute(path: string | null | undefined, from: string): string | null {
  if (path === null || path === undefined || path === '') return null;
  return isAbsolute(path) ? path : join(dirname(from), path);
}

function absoluteCluster(cluster: ClusterConfig, from: string): ClusterConfig {
  return { ...cluster, 'certificate-authority': absolute(cluster['certificate-authority'], from) };
}

function absoluteUser(user: UserConfig, from: string): UserConfig {
  const { exec } = user;
  return {
    ...user,
    'client-certificate': absolute(user['client-certificate'], from),
    'client-key': absolute(user['client-key'], from),
    tokenFile: absolute(user.tokenFile, from),
    // A bare program name is looked up on PATH, `./plugin` lies beside the kubeconfig.
    exec:
      exec && /[\\/]/.test(exec.command)
        ? { ...exec, command: absolute(exec.command, from) ?? exec.command }
        : (exec ?? null),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
