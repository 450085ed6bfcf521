/** What the two halves of the demo cluster need of each other: the API server's objects and the programs that an exec may run. */
import type { Resource } from '../model/kubernetes.ts';

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** The objects of the cluster; every change becomes a watch event with a new resourceVersion. */
export interface ObjectStore {
  list(resource: Resource): readonly KubeObject[];
  get(resource: Resource, namespace: string | null, name: string): KubeObject | null;
  /** Creates or replaces. */
  put(resource: Resource, object: KubeObject): KubeObject;
  remove(resource: Resource, namespace: string | null, name: string): void;
}

/** How to run a program in a container: a real child process with nothing on its PATH but the demo's programs. */
export interface ContainerRuntime {
  /** Null where the pod has no such container. */
  container(namespace: string, pod: string, container: string | null): Promise<ContainerEnvironment | null>;
}

export interface ContainerEnvironment {
  /** The only folder on PATH; a program that is not in it does not exist. */
  readonly binFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}
