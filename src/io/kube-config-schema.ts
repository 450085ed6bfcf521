/** The shape of a kubeconfig (client-go, tools/clientcmd/api/v1): the fields that decide how to talk to a server. */
import * as v from 'valibot';

const text = v.optional(v.nullable(v.string()));

export const ClusterSchema = v.object({
  server: v.string(),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': v.optional(v.nullable(v.boolean())),
  'tls-server-name': text,
  'proxy-url': text,
  extensions: v.optional(v.nullable(v.array(v.object({ name: v.string(), extension: v.unknown() })))),
});

const ExecSchema = v.object({
  apiVersion: text,
  command: v.pipe(v.string(), v.nonEmpty()),
  args: v.optional(v.nullable(v.array(v.string()))),
  env: v.optional(v.nullable(v.array(v.object({ name: v.string(), value: v.string() })))),
  interactiveMode: text,
  provideClusterInfo: v.optional(v.nullable(v.boolean())),
  installHint: text,
});

export const UserSchema = v.object({
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  as: text,
  'as-uid': text,
  'as-groups': v.optional(v.nullable(v.array(v.string()))),
  'as-user-extra': v.optional(v.nullable(v.record(v.string(), v.array(v.string())))),
  exec: v.optional(v.nullable(ExecSchema)),
  'auth-provider': v.optional(v.nullable(v.object({ name: v.string(), config: v.optional(v.unknown()) }))),
});

export const ContextSchema = v.object({ cluster: v.string(), user: text, namespace: text });

const named = v.looseObject({ name: v.string() });
const entries = v.optional(v.nullable(v.array(named)), []);
export const FileSchema = v.object({ clusters: entries, users: entries, contexts: entries, 'current-context': text });

export type NamedEntry = v.InferOutput<typeof named>;
export type ClusterConfig = v.InferOutput<typeof ClusterSchema>;
export type UserConfig = v.InferOutput<typeof UserSchema>;
export type ExecConfig = v.InferOutput<typeof ExecSchema>;

export interface KubeContext {
  /** Null in a cluster. */
  readonly name: string | null;
  readonly namespace: string;
  readonly cluster: ClusterConfig;
  readonly user: UserConfig;
}
