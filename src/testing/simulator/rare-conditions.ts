/** The rare conditions that one event of the chart shows. */
import { pathOf } from '../../api/snapshot.js';
import type { ClientEvent, ClientSnapshot } from '../../machines/index.js';
import type { Coverage } from './coverage.js';

export function rareConditions(
  before: ClientSnapshot,
  event: ClientEvent,
  after: ClientSnapshot,
  coverage: Coverage,
): void {
  const from = pathOf(before.value);
  const to = pathOf(after.value);
  const { context } = before;
  switch (event.type) {
    case 'lease.acquired':
      if (from === 'closing.draining') coverage.sometimes('lease taken while draining');
      if (from === 'closing.terminating') coverage.sometimes('lease taken while terminating');
      if (from === 'connecting.backoff') coverage.sometimes('lease taken in backoff');
      if (from === 'ready.idle') coverage.sometimes('lease returned to idle session');
      return;
    case 'close.requested': {
      const { closing } = context;
      if (closing !== null && from.startsWith('closing') && event.drain + event.ladder < closing.drain + closing.ladder)
        coverage.sometimes('second close shortened the first');
      if (from === 'connecting.backoff') coverage.sometimes('close during backoff');
      if (from === 'connecting.opening') coverage.sometimes('close while connecting');
      return;
    }
    case 'session.lost':
      if (from === 'ready.idle') coverage.sometimes('loss while idle');
      if (from === 'closing.draining') coverage.sometimes('loss while draining');
      return;
    case 'session.received':
      if (from === 'closing.draining' && to === 'closing.terminating' && event.messages.length > 1)
        coverage.sometimes('batch cut by draining');
      return;
    case 'session.trusted':
      if (context.suspected) coverage.sometimes('a session doubted and trusted again');
      return;
    case 'request.failed':
      if (from === 'closing.draining') coverage.sometimes('told of each after the loss');
      return;
    case 'request.aborted': {
      const status = context.requests.get(event.id)?.status;
      if (status === 'queued' && !after.context.requests.has(event.id))
        coverage.sometimes('request aborted while queued');
      if (status === 'sent' && !after.context.requests.has(event.id)) coverage.sometimes('request aborted while sent');
      return;
    }
    case 'notification.submitted':
      if (!from.startsWith('ready')) coverage.sometimes('notification refused');
      return;
    case 'requests.submitted':
      if (from === 'initializing.waiting' && after.context.sent > context.sent)
        coverage.sometimes('ping before the handshake');
      return;
    default:
      if (event.type !== 'session.ended' && !(event.type as string).startsWith('xstate.after')) return;
      if (context.attempts > 0 && after.context.attempts === 0 && from === 'ready.leased')
        coverage.sometimes('stable session forgiven');
      afterTheSession(before, after, coverage);
  }
}

/** What became of those who waited, when a session had ended. */
function afterTheSession(before: ClientSnapshot, after: ClientSnapshot, coverage: Coverage): void {
  const { context } = before;
  if (pathOf(before.value) !== 'closing.terminating') return;
  const gaveUp = [...context.leases.keys()].some((id) => !after.context.leases.has(id));
  if (!gaveUp) return;
  const { reconnect } = context.options;
  if (reconnect !== false && context.attempts >= reconnect.attempts) coverage.sometimes('gave up after all attempts');
  if (context.closing?.failure?.retryable === false) coverage.sometimes('gave up at once');
  if (pathOf(after.value) === 'connecting.opening') coverage.sometimes('newcomer served after give-up');
}
