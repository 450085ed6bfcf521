/** Puts a bundle together in layers: few files, each of what is loaded at one point of a run. Finding and loading a file takes Node longer than reading it. */
import { resolve } from 'node:path';
import type { CodeSplittingGroup } from 'rolldown';

export interface Layer {
  readonly name: string;
  /** The modules that somebody loads then. */
  readonly roots: readonly string[];
}

/** A layer holds what its roots import, and so on, as far as no layer before it has that. The rest is as the bundler cuts it. */
export function inLayers(root: string, layers: readonly Layer[]): CodeSplittingGroup[] {
  let layerOf: Map<string, string> | null = null;
  return layers.map(({ name }, at) => ({
    debugName: name,
    priority: layers.length - at,
    includeDependenciesRecursively: false,
    name: (module, bundle) => {
      layerOf ??= divide(layers, root, (id) => bundle.getModuleInfo(id)?.importedIds ?? []);
      return layerOf.get(module) === name ? name : null;
    },
  }));
}

function divide(
  layers: readonly Layer[],
  root: string,
  importsOf: (module: string) => readonly string[],
): Map<string, string> {
  const layerOf = new Map<string, string>();
  for (const { name, roots } of layers) {
    const waiting = roots.map((path) => resolve(root, path));
    for (let module = waiting.pop(); module !== undefined; module = waiting.pop()) {
      if (layerOf.has(module)) continue;
      layerOf.set(module, name);
      waiting.push(...importsOf(module));
    }
  }
  return layerOf;
}
