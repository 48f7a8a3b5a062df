/** Timers by time, and by order of arming among equals: a binary heap that skips what was disarmed. */

export interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
  /** Armed still: neither fired nor disarmed. */
  live: boolean;
}

const isBefore = (one: Timer, other: Timer): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** Fewer than this are not worth a thought. */
const FEW = 64;

export class TimerHeap {
  #heap: Timer[] = [];
  #order = 0;
  #size = 0;

  /** How many are armed. */
  get size(): number {
    return this.#size;
  }

  get first(): Timer | null {
    for (;;) {
      const [top] = this.#heap;
      if (top === undefined) return null;
      if (top.live) return top;
      this.#removeTop();
    }
  }

  add(at: number, callback: () => void): Timer {
    this.#order += 1;
    const timer: Timer = { at, order: this.#order, callback, live: true };
    this.#size += 1;
    this.#rise(this.#heap.push(timer) - 1);
    return timer;
  }

  remove(timer: Timer): void {
    if (!timer.live) return;
    timer.live = false;
    this.#size -= 1;
    // The dead are dropped when they come up; where most are dead, all at once.
    if (this.#heap.length > FEW && this.#size * 2 < this.#heap.length) this.#compact();
  }

  /** Removes the first, and gives it. */
  take(): Timer | null {
    const timer = this.first;
    if (timer === null) return null;
    timer.live = false;
    this.#size -= 1;
    this.#removeTop();
    return timer;
  }

  #compact(): void {
    // A sorted array is a heap.
    this.#heap = this.#heap.filter(({ live }) => live).sort((one, other) => (isBefore(one, other) ? -1 : 1));
  }

  #removeTop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink();
  }

  #rise(from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(heap, at, parent)) return;
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const left = at * 2 + 1;
      const right = left + 1;
      const child = this.#isBefore(heap[right], heap[left]) ? right : left;
      if (!this.#swapIfBefore(heap, child, at)) return;
      at = child;
    }
  }

  #isBefore(one: Timer | undefined, other: Timer | undefined): boolean {
    return one !== undefined && other !== undefined && isBefore(one, other);
  }

  #swapIfBefore(heap: Timer[], one: number, other: number): boolean {
    const [a, b] = [heap[one], heap[other]];
    if (a === undefined || b === undefined || !isBefore(a, b)) return false;
    heap[one] = b;
    heap[other] = a;
    return true;
  }
}
