/** The few questions that policystat puts to an API server; `src/io/kube.ts` answers them. */

export interface ListOptions {
  /** All namespaces where it is absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface Resource {
  /** `''` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export interface AccessQuestion {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Objects come back as the server sent them, to be checked by whoever reads them. */
export interface KubeApi {
  /** The kubeconfig context, or null in a cluster. */
  readonly context: string | null;
  /** The context's namespace, `default` where it has none. */
  readonly namespace: string;
  readonly server: string;
  /** Every page of a list. Throws `Failure`: FORBIDDEN, API_UNREACHABLE, API_ERROR; a resource that the server does not know is an empty list. */
  list(resource: Resource, options: ListOptions, signal: AbortSignal): Promise<unknown[]>;
  /** One object, or null where it does not exist. */
  get(resource: Resource, name: string, namespace: string | null, signal: AbortSignal): Promise<unknown>;
  /** Whether the user may, by SelfSubjectAccessReview. */
  mayI(question: AccessQuestion, signal: AbortSignal): Promise<boolean>;
  /** Opens an exec over WebSocket; resolves when the server has upgraded. Throws `Failure`: EXEC_FORBIDDEN, EXEC_NOT_FOUND, API_UNREACHABLE, API_ERROR. */
  openExec(request: ExecRequest, handlers: SocketHandlers, signal: AbortSignal): Promise<ExecSocket>;
}

/** What a server says of itself and of who asks. */
export interface KubeServer {
  /** Throws `Failure` where there is no answer, or the credentials are refused. */
  serverInfo(signal: AbortSignal): Promise<ServerInfo>;
  /** By SelfSubjectReview; null where the server has none (before Kubernetes 1.28). */
  whoAmI(signal: AbortSignal): Promise<UserInfo | null>;
}

export interface ServerInfo {
  /** `v1.36.2`; null where it is not told. */
  readonly version: string | null;
  /** The server's clock, cut to seconds; null where it is not told. */
  readonly timeMs: number | null;
}

export interface UserInfo {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly stdin: boolean;
}

/** What the WebSocket under an exec reports; frames begin with the channel's byte. */
export interface SocketHandlers {
  frame(data: Uint8Array): void;
  pong(): void;
  /** Once, at the very end. 1006 is a connection that broke without a close frame. */
  closed(code: number, reason: string): void;
}

export interface ExecSocket {
  readonly protocol: 'v5.channel.k8s.io' | 'v4.channel.k8s.io';
  send(data: Uint8Array): void;
  ping(): void;
  /** A proper close handshake. */
  close(): void;
  /** Cuts the connection at once. */
  terminate(): void;
}

/** `default/deathstar`; the bare name where there is no namespace, or none is known. */
export function namespacedName({
  namespace,
  name,
}: {
  readonly namespace: string | null;
  readonly name: string;
}): string {
  return namespace === null ? name : `${namespace}/${name}`;
}
