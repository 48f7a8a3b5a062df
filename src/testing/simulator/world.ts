/**
 * The world of one simulation: its time, its timers, and everything that is on its way. One thing
 * happens at a time, and which of those that are due is next is a choice. Timers fire in the order of
 * their deadlines and never early, but perhaps late; what travels in one channel keeps its order.
 */
import type { Clock } from '../../protocol/clock.js';
import type { Choices } from './choices.js';
import type { Trace } from './trace.js';
import { tick, turn } from './turn.js';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly label: string;
  readonly act: () => void;
}

interface Channel {
  readonly name: string;
  items: Due[];
  /** Clogged: what travels here waits. */
  clogged: boolean;
}

/** One of so many steps ends with a whole turn of the event loop. */
const TURN = 8;

const earlier = (a: Due, b: Due): number => a.at - b.at || a.order - b.order;

export class World implements Clock {
  readonly choices: Choices;
  readonly trace: Trace;
  #now = 0;
  #order = 0;
  #timers: Due[] = [];
  readonly #channels = new Map<string, Channel>();
  /** Milliseconds by which things that are due may pass each other. */
  slack = 0;
  /** Milliseconds by which timers were late, all in all. */
  lag = 0;
  steps = 0;

  constructor(choices: Choices, trace: Trace) {
    this.choices = choices;
    this.trace = trace;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delay: number): unknown {
    const timer = this.#due(delay, 'timer', callback);
    this.#timers.push(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    const at = this.#timers.indexOf(timer as Due);
    if (at < 0) return;
    this.#timers.splice(at, 1);
    // Also of one that is taken back after its time: what it should have begun begins later too.
    this.lag += Math.max(0, this.#now - (timer as Due).at);
  }

  #due(delay: number, label: string, act: () => void): Due {
    this.#order += 1;
    return { at: this.#now + Math.max(0, delay), order: this.#order, label, act };
  }

  /** Lets something happen `delay` ms from now, and after all that went into that channel before it. */
  post(name: string, delay: number, label: string, act: () => void): void {
    const channel = this.#channel(name);
    const last = channel.items.at(-1);
    const due = this.#due(delay, label, act);
    channel.items.push(last !== undefined && last.at > due.at ? { ...due, at: last.at } : due);
  }

  #channel(name: string): Channel {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = { name, items: [], clogged: false };
      this.#channels.set(name, channel);
    }
    return channel;
  }

  /** Takes what is due next in this channel within `within` ms: it comes in the same chunk. */
  takeNext(name: string, within: number): (() => void) | null {
    const channel = this.#channels.get(name);
    const head = channel?.items[0];
    if (channel === undefined || head === undefined || head.at > this.#now + within) return null;
    channel.items.shift();
    this.#log(name, head.label);
    return head.act;
  }

  /** What was on its way there is lost. */
  drop(name: string): void {
    this.#channels.delete(name);
  }

  clog(name: string): void {
    this.#channel(name).clogged = true;
  }

  unclog(name: string): void {
    const channel = this.#channels.get(name);
    if (channel !== undefined) channel.clogged = false;
  }

  unclogAll(): void {
    for (const channel of this.#channels.values()) channel.clogged = false;
  }

  get channels(): readonly string[] {
    return [...this.#channels.values()].filter(({ items }) => items.length > 0).map(({ name }) => name);
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#timers.length;
  }

  /** When the next thing is due; `Infinity` when nothing is. */
  get nextAt(): number {
    let next = Infinity;
    for (const { at } of this.#timers) next = Math.min(next, at);
    for (const { items, clogged } of this.#channels.values()) {
      const head = items[0];
      if (head !== undefined && !clogged) next = Math.min(next, head.at);
    }
    return next;
  }

  /** Nothing runs for that long, and then all that has come due meanwhile. */
  stall(ms: number): void {
    this.#now += ms;
    this.trace.add(`${String(this.#now)} the event loop stalled for ${String(ms)} ms`);
  }

  /** Lets one thing happen, and everything that follows from it at once. False when nothing is left to happen by `until`. */
  async step(until = Infinity): Promise<boolean> {
    const due = this.#candidates(until);
    const chosen = due.length > 1 ? due[this.choices.pick(due.length, 'what happens next')] : due[0];
    if (chosen === undefined) return false;
    const [head, channel] = chosen;
    if (channel === null) this.clearTimeout(head);
    else channel.items.shift();
    this.#now = Math.max(this.#now, head.at);
    this.steps += 1;
    this.#log(channel?.name ?? 'clock', head.label);
    head.act();
    await (this.steps % TURN === 0 ? turn() : tick());
    return true;
  }

  #log(channel: string, label: string): void {
    this.trace.note(() => `${String(this.#now)} ${channel}: ${label}`, this.#now, channel, label);
  }

  #candidates(until: number): (readonly [Due, Channel | null])[] {
    const heads: (readonly [Due, Channel | null])[] = [];
    const timer = earliest(this.#timers);
    if (timer !== undefined) heads.push([timer, null]);
    for (const channel of this.#channels.values()) {
      const head = channel.items[0];
      if (head === undefined) this.#channels.delete(channel.name);
      else if (!channel.clogged) heads.push([head, channel]);
    }
    let first = Infinity;
    for (const [{ at }] of heads) first = Math.min(first, at);
    const limit = Math.max(first, this.#now) + this.slack;
    return heads
      .filter(([{ at }]) => at <= limit && (at <= until || at <= this.#now))
      .sort(([a], [b]) => earlier(a, b));
  }
}

function earliest(timers: readonly Due[]): Due | undefined {
  let first = timers[0];
  for (const timer of timers) if (first !== undefined && earlier(timer, first) < 0) first = timer;
  return first;
}
