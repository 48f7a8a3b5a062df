// @ts-check
/**
 * Two things are held here: the strict rules of typescript-eslint, and the doors between the rooms
 * of `src/` (CONTRIBUTING.md says what each room is for). `test/doors.test.ts` proves every door.
 */
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const rooms = ['api', 'machines', 'actors', 'transports', 'protocol', 'testing', 'inspector', 'cli'];

const tests = { regex: '^(\\.\\./)+test/', message: 'Nothing in src may use a test.' };
const itself = { regex: '^mcp-actor(/|$)', message: 'Nothing in src may use the published package.' };
const sdk = {
  regex: '^@modelcontextprotocol/sdk(/|$)',
  message: 'Only src/protocol/sdk.ts and sdk-auth.ts may use the running code of the MCP SDK; take it from there.',
};
const builtins = { regex: '^node:', message: 'The machines do no I/O: no Node builtin.' };
const timeAndChance = {
  regex: '^(node:)?(timers|timers/promises|perf_hooks|crypto)$',
  message: 'Time, chance and ids come in through ports: see src/protocol/clock.ts.',
};

/**
 * The door of one room: what it may not use at run time. Types may pass through any door.
 *
 * @param {string} room
 * @param {readonly string[]} may other rooms whose code it may run
 * @param {readonly { regex: string; message: string }[]} more further things it may not use
 * @param {readonly { selector: string; message: string }[]} syntax further things it may not say
 */
function door(room, may, more = [], syntax = []) {
  const closed = rooms.filter((other) => other !== room && !may.includes(other));
  const others = {
    regex: `^(\\.\\./)+((${closed.join('|')})/|index\\.js$)`,
    message: `src/${room} may run code of ${may.length === 0 ? 'no other room' : may.join(', ')} only (types are free).`,
  };
  return noImports([...(closed.length === 0 ? [] : [others]), tests, itself, sdk, ...more], syntax);
}

/**
 * The same for `import … from` and for `import()`, which the first rule does not look at.
 *
 * @param {readonly { regex: string; message: string }[]} patterns
 * @param {readonly { selector: string; message: string }[]} syntax
 * @returns {import('eslint').Linter.RulesRecord}
 */
function noImports(patterns, syntax = []) {
  const dynamic = patterns.map(({ regex, message }) => ({
    selector: `ImportExpression[source.value=/${regex.replaceAll('/', '\\/')}/]`,
    message,
  }));
  return {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      { patterns: patterns.map((pattern) => ({ ...pattern, allowTypeImports: true })) },
    ],
    'no-restricted-syntax': ['error', ...dynamic, ...syntax],
  };
}

/** @param {readonly string[]} names @param {string} message */
const noGlobals = (names, message) => ({
  'no-restricted-globals': /** @type {import('eslint').Linter.RuleEntry} */ ([
    'error',
    { globals: names.map((name) => ({ name, message })), checkGlobalObject: true },
  ]),
});

const noChance = {
  'no-restricted-properties': /** @type {import('eslint').Linter.RuleEntry} */ ([
    'error',
    { object: 'Math', property: 'random', message: timeAndChance.message },
  ]),
};

const waiting = ['AwaitExpression', ':function[async=true]', 'ForOfStatement[await=true]'].map((selector) => ({
  selector,
  message: 'Nothing in a machine waits: what it waits for comes in as an event.',
}));

const clocks = ['setTimeout', 'setInterval', 'setImmediate', 'Date', 'performance', 'crypto'];
const outsideWorld = [...clocks, 'queueMicrotask', 'process', 'fetch', 'console'];

const noSleep = 'No test sleeps: move the virtual clock, or wait for what happens.';

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'docs/', '**/node_modules/']),

  {
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // An import of inline types only is still an import at run time, and so would slip through a door.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-empty-function': ['error', { allow: ['methods'] }],
      // It asks for the `!` that another rule forbids.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },

  {
    name: 'src',
    files: ['src/**/*.ts'],
    rules: {
      ...noImports([tests, itself, sdk]),
      'no-console': 'error',
      'no-restricted-exports': [
        'error',
        {
          restrictDefaultExports: {
            direct: true,
            named: true,
            defaultFrom: true,
            namedFrom: true,
            namespaceFrom: true,
          },
        },
      ],
    },
  },

  { name: 'door: protocol', files: ['src/protocol/**'], rules: door('protocol', [], [timeAndChance]) },
  { name: 'door: hashing', files: ['src/protocol/sha256.ts'], rules: door('protocol', []) },
  { name: 'door: transports', files: ['src/transports/**'], rules: door('transports', ['protocol']) },
  {
    name: 'door: actors',
    files: ['src/actors/**'],
    rules: door('actors', ['transports', 'protocol'], [timeAndChance]),
  },
  {
    name: 'door: api',
    files: ['src/api/**'],
    rules: door('api', ['machines', 'actors', 'transports', 'protocol'], [timeAndChance]),
  },
  { name: 'door: testing', files: ['src/testing/**'], rules: door('testing', rooms) },
  { name: 'door: inspector', files: ['src/inspector/**'], rules: door('inspector', rooms) },
  { name: 'door: cli', files: ['src/cli/**'], rules: { ...door('cli', rooms), 'no-console': 'off' } },

  // The machines decide, and do nothing else.
  {
    name: 'door: machines',
    files: ['src/machines/**'],
    rules: {
      ...door('machines', ['protocol'], [builtins], waiting),
      ...noGlobals(outsideWorld, 'The machines are pure: what they need to know comes in with an event.'),
      ...noChance,
    },
  },

  // Whoever waits, waits through the clock; only the clock itself, the transports and the command have their own.
  {
    name: 'ports',
    files: ['src/{api,actors,protocol,testing,inspector}/**'],
    ignores: ['src/protocol/clock.ts'],
    rules: { ...noGlobals(clocks, timeAndChance.message), ...noChance },
  },

  { name: 'door: the MCP SDK', files: ['src/protocol/sdk{,-auth}.ts'], rules: noImports([tests, itself]) },

  {
    name: 'tests',
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // A handler that must return a promise need not have anything to wait for.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    name: 'tests on virtual time',
    files: ['test/**/*.ts'],
    ignores: ['transports', 'interop', 'processes', 'hostile', 'fuzz', 'leaks'].map((folder) => `test/${folder}/**`),
    rules: {
      ...noGlobals(['setTimeout', 'setInterval'], noSleep),
      ...noImports([{ regex: '^(node:)?timers(/promises)?$', message: noSleep }]),
    },
  },

  // What the bench compares us with is installed beside it, and not for these checks.
  { name: 'untyped', files: ['**/*.js', 'bench/**'], extends: [tseslint.configs.disableTypeChecked] },
);
