/** The events of XState's making, by the names the chart has for them. */
const deadlines = new Map<string, string>();

/** `after connectTimeout`; any other event has its own name. */
export function wordsOf(type: string): string {
  if (!type.startsWith('xstate.after.')) return type;
  let words = deadlines.get(type);
  if (words === undefined) deadlines.set(type, (words = `after ${type.slice(13, type.indexOf('.', 13))}`));
  return words;
}
