/**
 * Where the references of a schema lead. A value that the server gives (a `const`, an entry of an `enum`) may
 * look like a schema, and a reference into it would have it compiled as one, unseen.
 */

/**
 * The first that leads to something that is not among what was made of schemas. One that leads to nothing is left
 * to whoever resolves it.
 *
 * @param resources the schema, and those within it that have an `$id`: a reference may start from each of them
 */
export function strayReference(
  references: readonly string[],
  resources: readonly unknown[],
  made: ReadonlySet<unknown>,
): string | undefined {
  const isStray = (target: unknown): boolean => typeof target === 'object' && target !== null && !made.has(target);
  return references.find((reference) => {
    const pointers = pointersOf(reference);
    return resources.some((resource) => pointers.some((pointer) => isStray(at(resource, pointer))));
  });
}

/** The steps it takes, however its fragment is decoded: which way it will be is not for us to say. */
function pointersOf(reference: string): readonly (readonly string[])[] {
  const hash = reference.indexOf('#');
  if (hash === -1) return [];
  const fragment = reference.slice(hash + 1);
  const once = decoded(fragment);
  const fragments = new Set([fragment, once, decoded(once)].filter((pointer) => pointer.startsWith('/')));
  return [...fragments].flatMap((pointer) => {
    const steps = pointer.split('/').slice(1);
    return pointer.includes('%') ? [steps.map(unescaped), steps.map(decoded).map(unescaped)] : [steps.map(unescaped)];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const unescaped = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~');

function at(value: unknown, steps: readonly string[]): unknown {
  let reached = value;
  for (const step of steps) {
    if (typeof reached !== 'object' || reached === null || !Object.hasOwn(reached, step)) return undefined;
    reached = reached[step as keyof object];
  }
  return reached;
}
