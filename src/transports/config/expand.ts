/** `${NAME}` and `${NAME:-otherwise}` in the texts of a config, as other clients and shells have them. */
import { configFailure, FailureError } from '../../protocol/failure.js';

/** Where the values of variables come from, such as `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>;

const VARIABLE = /\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g;

/**
 * In one pass: what a value contains is never looked at again, so no variable can smuggle in another.
 * Anything else in `${...}` is left as it is; it may be meant for a shell.
 *
 * @throws FailureError of kind `config`, naming the variable and the place, never a value.
 */
export function expand(text: string, place: string, variables: Variables): string {
  return text.replace(VARIABLE, (_, name: string, otherwise: string | undefined) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    // As in a shell, what is empty counts as missing here, and only here.
    if (otherwise !== undefined) return value === undefined || value === '' ? otherwise : value;
    if (value !== undefined) return value;
    throw new FailureError(
      configFailure(
        'config_variable',
        `the config needs the environment variable ${name} at ${place}, and it is not set; set it, or write \${${name}:-otherwise}`,
      ),
    );
  });
}
