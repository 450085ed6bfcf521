/** In which form objects are answered: as they are, as their metadata alone, or as a table; chosen by the Accept header. */
import type { Resource } from '../../model/kubernetes.ts';
import type { KubeObject } from '../ports.ts';
import { columnsOf } from './columns.ts';
import type { Fields } from './fields.ts';

export type Representation = 'object' | 'metadata' | 'table';

/** The first form in the list that is known here; without one, plain objects. */
export function chosenRepresentation(accept: string): Representation {
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    if (type !== 'application/json' && type !== '*/*') continue;
    const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3);
    const v1 = parameters.includes('v=v1');
    if (as === 'Table' && v1) return 'table';
    if ((as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') && v1) return 'metadata';
    if (as === undefined) return 'object';
  }
  return 'object';
}

export function partialMetadata(object: KubeObject): Fields {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

export interface TableOptions {
  readonly resource: Resource;
  readonly metadata: Fields;
  /** `None`, `Object`, or the metadata. */
  readonly includeObject: string | null;
  /** False in every event of a watch but the first. */
  readonly withColumns: boolean;
  readonly nowMs: number;
}

export function table(objects: readonly KubeObject[], options: TableOptions): Fields {
  const columns = columnsOf(options.resource.group, options.resource.plural);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata,
    columnDefinitions: options.withColumns
      ? columns.map(({ name, type, format, priority }) => ({ name, type, format, description: name, priority }))
      : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, options.nowMs)),
      ...(options.includeObject === 'None'
        ? {}
        : { object: options.includeObject === 'Object' ? object : partialMetadata(object) }),
    })),
  };
}
