/** The chart itself, drawn otherwise. */
import { client } from '../../src/machines/client.setup.js';
import { clientMachine, type ClientMachine } from '../../src/machines/index.js';
import { broken } from './mutant.js';

export type Config = Parameters<typeof client.createMachine>[0];
type State = NonNullable<Config['states']>[string];

export const redrawn = (change: (config: Config) => Config): ClientMachine =>
  broken(client.createMachine(change(clientMachine.config as Config)) as unknown as ClientMachine);

/** With one substate of a state drawn otherwise. */
export const redrawnState = (outer: string, inner: string, change: (state: State) => State): ClientMachine =>
  redrawn((config) => {
    const around = config.states?.[outer];
    const states = { ...around?.states, [inner]: change(around?.states?.[inner] ?? {}) };
    return { ...config, states: { ...config.states, [outer]: { ...around, states } } };
  });
