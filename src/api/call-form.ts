import { configError } from './options.js';

/** Somebody comes from the SDK. */
export function sdkForm(given: unknown): Error {
  const name = typeof given === 'object' && given !== null && 'name' in given ? String(given.name) : 'add';
  return configError(
    `callTool() takes the name and the arguments one by one: callTool(${JSON.stringify(name)}, { ... }), not callTool({ name, arguments })`,
    'call_form',
  );
}
