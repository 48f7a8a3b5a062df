/** The chart as text, with one state marked. */
import type { AnyStateMachine } from 'xstate';
import { describe } from '../machines/describe.js';
import { toMermaid } from '../machines/mermaid.js';

export const chartOf = (machine: AnyStateMachine, path: string): string => toMermaid(describe(machine), path);
