/** What is needed to talk to one API server besides the request itself: where, as whom, through what. */
import type { Agent } from 'node:http';
import type { SecureContext } from 'node:tls';

export interface Connection {
  /** The kubeconfig context, or null in a cluster. */
  readonly context: string | null;
  /** The API server's base address, without a slash at the end. */
  readonly server: string;
  /** Authorization and impersonation headers; asks the credential plugin again when its token has run out. */
  headers(): Promise<Record<string, string | string[]>>;
  readonly tls: {
    readonly ca?: Buffer;
    readonly cert?: Buffer;
    readonly key?: Buffer;
    /** Of the three above, so that they are read once. */
    readonly secureContext?: SecureContext;
    readonly rejectUnauthorized: boolean;
    readonly servername?: string;
  };
  /** Keeps sockets, or goes through the proxy where one applies to this server. */
  readonly agent: Agent;
}
