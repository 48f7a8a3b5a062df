/**
 * A caller: it takes leases, calls, aborts, releases twice, closes, and does all of it again from
 * inside callbacks. What it does next is chosen; every promise it is given goes into the ledger.
 */
import type { CallToolOptions } from '../../api/operations.js';
import type { Lease } from '../../api/lease.js';
import { oneOf } from './choices.js';
import type { Scene } from './scene.js';
import { SimSignals } from './signals.js';
import { UserError } from './witness.js';

const tools = ['echo', 'slow', 'silent', 'failing', 'progressing', 'asking', 'dying'] as const;

export class SimCaller {
  readonly #scene: Scene;
  readonly #name: string;
  #leases: Lease[] = [];
  readonly #signals: SimSignals;
  #lastId: number | null = null;
  #called = 0;
  #isInside = true;

  constructor(scene: Scene, name: string) {
    this.#scene = scene;
    this.#signals = new SimSignals(scene);
    this.#name = name;
  }

  /** Does one thing. */
  act(): void {
    this.#isInside = false;
    this.#act();
    this.#isInside = true;
  }

  /** Asks for something that is so at once, unless something else is under way, or calls in between. */
  #ask<T>(wish: () => T, isSo: () => boolean, complaint: string): T {
    const before = this.#scene.reentries;
    const asked = wish();
    const isAlone = !this.#isInside && !this.#scene.isInCallback && this.#scene.reentries === before;
    if (isAlone && !isSo()) this.#scene.witness.chart.blame(complaint);
    return asked;
  }

  #act(): void {
    const { world } = this.#scene;
    if (this.#called === 0 && !world.choices.chance(0.2, 'begins otherwise')) {
      this.#connect();
      return;
    }
    switch (world.choices.pick(16, 'act')) {
      case 0:
      case 1:
        if (this.#leases.length > 0) this.#call();
        else this.#connect();
        return;
      case 2:
        this.#connect();
        return;
      case 3:
      case 4:
      case 5:
        this.#call();
        return;
      case 6:
        for (let calls = 0; calls < 3; calls += 1) this.#call();
        return;
      case 7:
        this.#use();
        return;
      case 8:
        this.#release();
        return;
      case 9:
        if (this.#leases.length > 0) this.#depart();
        else this.#connect();
        return;
      case 10:
        this.#signals.abort();
        return;
      case 11:
        this.#cancel();
        return;
      case 12:
        this.#close();
        return;
      case 13:
        this.#wait();
        return;
      case 14:
        this.#notify();
        return;
      default:
        this.#initialize();
    }
  }

  #label(what: string): string {
    this.#called += 1;
    const label = `${this.#name} ${what} #${String(this.#called)}`;
    const { world } = this.#scene;
    world.trace.add(`${String(world.now())} ${label}`);
    return label;
  }

  #connect(): void {
    const { client, ledger, world, coverage } = this.#scene;
    const timeout = world.choices.chance(0.2, 'patience') ? oneOf(world.choices, 'for', [40, 20, 0, 100]) : undefined;
    const controller = this.#signals.make();
    const connecting = client.connect({ timeout, signal: controller?.signal });
    this.#signals.givenTo(connecting, controller);
    ledger.watch(this.#label('connect'), connecting, timeout ?? this.#scene.patience);
    connecting.then(
      (lease) => {
        this.#leases.push(lease);
        if (world.choices.chance(0.2, 'listens to its lease')) {
          lease.signal.addEventListener('abort', () => {
            this.#scene.callback('lease.signal', this);
          });
        }
      },
      (error: unknown) => {
        const code = (error as { code?: unknown }).code;
        if (code === 'timeout' || code === 'aborted') coverage.sometimes('connect gave up waiting');
      },
    );
  }

  #lease(): Lease | null {
    if (this.#leases.length === 0) return null;
    return this.#leases[this.#scene.world.choices.pick(this.#leases.length, 'which lease')] ?? null;
  }

  #call(): void {
    const { client, ledger, world, witness } = this.#scene;
    const { choices } = world;
    const lease = choices.chance(0.1, 'on the client itself') ? null : this.#lease();
    const controller = this.#signals.make();
    const timeout = choices.chance(0.3, 'own timeout') ? oneOf(choices, 'ms', [100, 20, 40, 200]) : undefined;
    const resets = choices.chance(0.1, 'progress resets');
    const options: CallToolOptions = {
      timeout,
      signal: controller?.signal,
      failFast: choices.chance(0.08, 'fails fast'),
      resetTimeoutOnProgress: resets,
      ...(resets ? { maxTotalTimeout: 400 } : {}),
      onStart: ({ requestId }) => {
        this.#lastId = requestId;
        witness.chart.due.set(requestId, world.now() + (timeout ?? this.#scene.timeout));
        return this.#scene.callback('onStart', this);
      },
      ...(choices.chance(0.4, 'wants progress') ? { onProgress: () => this.#scene.callback('onProgress', this) } : {}),
    };
    const caller = lease ?? client;
    // With autoConnect a lease of its own comes first, and goes last.
    const within = (resets ? 400 : (timeout ?? this.#scene.timeout)) + (lease === null ? this.#scene.closeTimeout : 0);
    const what = oneOf(choices, 'what', ['ping', 'listTools', 'tool', 'tool', 'tool', 'tool'] as const);
    const tool = oneOf(choices, 'tool', tools);
    const label = this.#label(what === 'tool' ? tool : what);
    const call = what === 'tool' ? caller.callTool(tool, {}, options) : caller[what](options);
    this.#signals.givenTo(call, controller);
    ledger.watch(label, call, within);
  }

  #use(): void {
    const { client, ledger, world } = this.#scene;
    const label = this.#label('use');
    const using = client.use(async (lease) => {
      const first = lease.callTool('echo');
      ledger.watch(`${label} echo`, first, this.#scene.timeout);
      await first.catch(() => undefined);
      if (world.choices.chance(0.2, 'throws inside use')) throw new UserError();
      if (!world.choices.chance(0.4, 'nests')) return;
      const inner = client.use((nested) => nested.ping());
      ledger.watch(`${label} nested`, inner);
      await inner.catch(() => undefined);
    });
    ledger.watch(label, using, Infinity, true);
  }

  #release(): void {
    const { client, ledger, faults } = this.#scene;
    const lease = this.#lease();
    if (lease === null) return;
    const released = this.#ask(
      () => lease.release(),
      () => !lease.active && client.leases.every(({ id }) => id !== lease.id),
      `I2: lease ${String(lease.id)} lives though it was released`,
    );
    ledger.watch(this.#label('release'), released, this.#scene.closeTimeout);
    if (this.#scene.world.choices.chance(0.25, 'comes back at once')) this.#connect();
    if (faults.strikes('released twice', 2)) {
      ledger.watch(this.#label('release again'), lease.release(), this.#scene.closeTimeout);
      return;
    }
    // A lease that is over is kept now and then, and used again.
    if (!this.#scene.world.choices.chance(0.3, 'keeps it'))
      this.#leases = this.#leases.filter((each) => each !== lease);
  }

  /** Calls, and does not wait for what comes of it: the session has to be drained. */
  #depart(): void {
    const { client, ledger, world, server } = this.#scene;
    server.isFarewell = true;
    for (let calls = 1 + world.choices.pick(3, 'last calls'); calls > 0; calls -= 1) this.#call();
    server.isFarewell = false;
    if (world.choices.chance(0.6, 'closes behind itself')) {
      this.#scene.faults.note('closed by a caller');
      ledger.watch(this.#label('close'), client.close(), this.#scene.closeTimeout);
    } else for (const lease of this.#leases) ledger.watch(this.#label('release'), lease.release());
    this.#leases = [];
    if (world.choices.chance(0.5, 'comes back at once')) this.#connect();
  }

  /** From inside a callback. */
  releaseInside(): void {
    if (this.#leases.length > 0) this.#scene.coverage.sometimes('released inside a callback');
    this.#release();
  }

  #cancel(): void {
    const { client, faults } = this.#scene;
    const id = this.#lastId;
    if (id === null) return;
    const caller = this.#lease() ?? client;
    caller.cancel(id, 'no longer wanted');
    if (faults.strikes('cancelled twice', 2)) caller.cancel(id);
  }

  /** Closes, once or twice, sometimes in less time than the client has. */
  #close(): void {
    const { client, ledger, faults, world } = this.#scene;
    if (!world.choices.chance(0.5, 'really closes')) return;
    faults.note('closed by a caller');
    const timeout = world.choices.chance(0.3, 'in a hurry') ? oneOf(world.choices, 'ms', [40, 20, 1, 0]) : undefined;
    const within = timeout ?? this.#scene.closeTimeout;
    const closing = this.#ask(
      () => client.close({ timeout }),
      () => client.leases.length === 0,
      'I9: the client was closed, and leases live on',
    );
    ledger.watch(this.#label('close'), closing, within);
    if (faults.strikes('closed twice', 2))
      ledger.watch(
        this.#label('close again'),
        client.close({ timeout: oneOf(world.choices, 'ms', [20, 500]) }),
        within,
      );
  }

  closeInside(): void {
    this.#scene.coverage.sometimes('closed inside a callback');
    this.#close();
  }

  callInside(): void {
    this.#call();
  }

  connectInside(): void {
    this.#connect();
  }

  cancelInside(): void {
    this.#cancel();
  }

  #wait(): void {
    const { client, ledger, world } = this.#scene;
    const state = oneOf(world.choices, 'state', ['ready', 'disconnected', 'closing', 'connecting'] as const);
    ledger.watch(this.#label(`waitFor ${state}`), client.waitFor(state, { timeout: 100 }), 100);
  }

  #notify(): void {
    const { client, ledger } = this.#scene;
    const caller = this.#lease() ?? client;
    const within = caller === client ? this.#scene.patience : 0;
    ledger.watch(this.#label('notify'), caller.sendRootsListChanged(), within);
  }

  #initialize(): void {
    const { client, ledger } = this.#scene;
    ledger.watch(this.#label('initialize'), client.initialize({ timeout: 100 }), 100);
  }

  /** All is over: what is still held is let go. */
  leave(): void {
    for (const lease of this.#leases)
      this.#scene.ledger.watch(this.#label('leave'), lease.release(), this.#scene.closeTimeout);
    this.#leases = [];
  }
}
