/** What the client finds of a result, by an output schema. */
import { checks } from '../../../src/api/output/checks.js';

export const draft07 = 'http://json-schema.org/draft-07/schema#';
export const draft2020 = 'https://json-schema.org/draft/2020-12/schema';

/** Whether a result fits the schema, or is not checked. */
export async function verdictOf(schema: object, value: unknown): Promise<string> {
  const compiled = await checks.of(JSON.stringify(schema));
  return 'error' in compiled ? `no schema: ${compiled.error}` : compiled.check(value).kind;
}
