/**
 * After the faults: nothing goes wrong any more, so whoever holds a lease gets a session within
 * bounded time (L2); then everybody leaves, and nothing may be left of it.
 */
import type { Lease } from '../../api/lease.js';
import type { Promised } from './ledger.js';
import { Violated, type Play } from './run.js';
import type { Scene } from './scene.js';
import { turn } from './turn.js';
import type { World } from './world.js';

/** All that was called before must have come out by then: no call waits longer. */
const SETTLING = 500;

export async function recover(play: Play, world: World, scenes: readonly Scene[]): Promise<void> {
  world.trace.add(`${String(world.now())} the faults heal`);
  world.slack = 0;
  world.unclogAll();
  for (const { faults, server, engine } of scenes) {
    faults.heal();
    server.heal(engine.stuck);
  }
  for (const scene of scenes) await live(play, world, scene);
  const leftBehind = scenes.map(({ witness }) => witness.wire.abandoned.size);
  for (const scene of scenes) await leave(play, world, scene);
  // Whatever is still on its way arrives at nobody.
  while (await play.step());
  for (const [at, scene] of scenes.entries()) {
    if (scene.witness.wire.abandoned.size !== leftBehind[at])
      blame('a session was left behind though it would have ended');
    expectNothingLeft(world, scene);
  }
}

function blame(message: string): never {
  throw new Violated({ invariant: 'L2 what is healed recovers', message });
}

async function settled(play: Play, world: World, promised: Promised): Promise<Promised> {
  const until = promised.deadline + 1;
  await turn();
  while (promised.state === 'pending' && (await play.step(until)));
  if (promised.state === 'pending')
    blame(`${promised.label} is pending ${String(world.now() - promised.since)} ms after the faults`);
  return promised;
}

/** Somebody new asks for a session, is served, and keeps it. */
async function live(play: Play, world: World, scene: Scene): Promise<void> {
  const { client, ledger, patience } = scene;
  let lease: Lease | null = null;
  // The first may share in an attempt, or in a session, that was doomed before the faults healed.
  for (let attempt = 1; lease === null && attempt <= 3; attempt += 1) {
    const connecting = ledger.watch(`connect after the faults, attempt ${String(attempt)}`, client.connect(), patience);
    const { state, value } = await settled(play, world, connecting);
    const end = world.now() + SETTLING;
    while (await play.step(end));
    if (state === 'fulfilled' && (value as Lease).active) lease = value as Lease;
  }
  if (lease === null) blame('nobody can connect and stay any more');
  await expectWell(play, world, ledger.watch('initialize after the faults', client.initialize(), patience));
  await expectWell(play, world, ledger.watch('ping after the faults', lease.ping({ timeout: patience }), patience));
  await expectWell(play, world, ledger.watch('release after the faults', lease.release(), patience));
}

async function expectWell(play: Play, world: World, promised: Promised): Promise<void> {
  const { state, value, label } = await settled(play, world, promised);
  if (state === 'rejected') blame(`${label} failed: ${value instanceof Error ? value.message : String(value)}`);
}

async function leave(play: Play, world: World, { client, callers, ledger, closeTimeout }: Scene): Promise<void> {
  for (const caller of callers) caller.leave();
  await turn();
  await expectWell(play, world, ledger.watch('the last close', client.close(), closeTimeout));
}

function expectNothingLeft(world: World, { client, witness, server, ledger }: Scene): void {
  const { context } = witness.chart.snapshot;
  const [pending] = ledger.pending;
  const complaints = [
    pending === undefined ? null : `I1: ${pending.label} was never settled`,
    client.state === 'disconnected' ? null : `it is ${client.state}`,
    world.armed === 0 ? null : `${String(world.armed)} timers are armed`,
    context.leases.isEmpty() && client.leases.length === 0 ? null : 'a lease is left',
    context.requests.isEmpty() ? null : 'a request is left',
    server.transports.every(({ closing }) => closing) ? null : 'a transport was never asked to close',
    witness.wire.living === 0 ? null : 'a transport lives on',
    client.connection === null ? null : 'it shows a connection',
  ];
  const left = complaints.find((complaint) => typeof complaint === 'string');
  if (typeof left === 'string') throw new Violated({ invariant: 'all that was begun is ended', message: left });
}
