/** Mutants of what is made of messages. */
import type { Delivery } from '../../src/machines/client.types.js';
import * as messages from '../../src/machines/messages.js';
import { but, mutant, nothing, unlimited, type Mutant } from './mutant.js';

export const ofMessages: readonly Mutant[] = [
  mutant('a late result settles again', 'I1', {
    actions: {
      absorbMessages: but(messages.absorbMessages, (done, { generation, requests }, event) => {
        const late = event.messages.filter((message) => message.kind === 'result' && !requests.has(message.id));
        const again = { type: 'messages.delivered', generation, deliveries: late as Delivery[] } as const;
        return late.length === 0 ? done : { ...done, effects: [...(done.effects ?? []), again] };
      }),
    },
  }),
  mutant('draining drops results', 'I7', { actions: { absorbWhileDraining: nothing } }),
  mutant('draining takes a batch to its end', 'I11', {
    actions: {
      absorbWhileDraining: but(messages.absorbWhileDraining, (_, context, event) =>
        messages.absorbMessages(context, event),
      ),
    },
  }),
  mutant('a batch is told from its end', 'I11', {
    actions: {
      absorbMessages: but(messages.absorbMessages, (_, context, event) =>
        messages.absorbMessages(context, { ...event, messages: [...event.messages].reverse() }),
      ),
    },
  }),
  mutant('only the first of a batch is heard', 'I11', {
    actions: {
      absorbMessages: but(messages.absorbMessages, (_, context, event) =>
        messages.absorbMessages(context, { ...event, messages: event.messages.slice(0, 1) }),
      ),
    },
  }),
  mutant('the server may ask without bound', 'I12', {
    actions: { absorbMessages: unlimited(messages.absorbMessages, { maxInbound: Infinity }) },
  }),
  mutant('an answered request of the server is kept', 'I1', {
    actions: { answerInbound: but(messages.answerInbound, ({ commands = [] }) => ({ commands })) },
  }),
  mutant('errors and invalid replies are ignored', 'I7', {
    actions: {
      absorbMessages: but(messages.absorbMessages, (_, context, event) =>
        messages.absorbMessages(context, {
          ...event,
          messages: event.messages.filter(({ kind }) => kind !== 'error' && kind !== 'invalid'),
        }),
      ),
    },
  }),
  mutant('pings of the server are not answered', 'I1', {
    actions: {
      absorbMessages: but(messages.absorbMessages, ({ commands = [], ...done }) => ({
        ...done,
        commands: commands.filter((command) => command.type !== 'reply.requested' || !('result' in command.answer)),
      })),
    },
  }),
  mutant('every request of the server is turned away', 'I1', {
    actions: { absorbMessages: unlimited(messages.absorbMessages, { maxInbound: 0 }) },
  }),
  mutant('notifications of the server are dropped', 'I1', {
    actions: {
      absorbMessages: but(messages.absorbMessages, (_, context, event) =>
        messages.absorbMessages(context, {
          ...event,
          messages: event.messages.filter(({ kind }) => kind !== 'notification'),
        }),
      ),
    },
  }),
];
