/** The handlers of a client, each of which can be replaced while it is connected. */
import { configError } from '../options.js';
import { Operations } from '../operations.js';
import { capabilitiesOf } from './capabilities.js';
import type { ElicitationCapabilities, ElicitationHandler } from './elicitation.js';
import type { Effective, ProgressHandler } from './handlers.js';
import type { LogHandler } from './logging.js';
import { isMessageHandler, type MessageHandler } from './message-handler.js';
import { faultsOfRoots, type Roots } from './roots.js';
import type { SamplingCapabilities, SamplingHandler } from './sampling.js';

/** To take a handler away, give nothing. */
type OrNone<T> = T | null | undefined;

export abstract class ReplaceableHandlers extends Operations {
  /** Stops waiting for the session to be ready, whose server is to be told that the roots have changed. */
  #forgetRoots: (() => void) | undefined;

  /**
   * Replaces the roots. A server that was told there are roots is told that they have changed.
   *
   * @param roots a list of `file://` URLs, or a function; nothing takes them away
   * @returns `now`, or `next session` where the server of this session was told that there are none
   * @throws ConfigError that names the entry which is no `file://` URL
   */
  async setRoots(roots: OrNone<Roots>): Promise<Effective> {
    const given = roots ?? undefined;
    if (given !== undefined && typeof given !== 'function') {
      if (!Array.isArray(given)) throw configError('setRoots() takes a list of file:// URLs, or a function', 'roots');
      const [bad] = faultsOfRoots(given);
      if (bad !== undefined) throw configError(`setRoots(): entry ${String(bad.index)} ${bad.fault}`, 'roots');
    }
    this.runtime.handlers.current.roots = typeof given === 'function' ? given : given?.slice();
    const effective = this.#effective('roots');
    if (effective === 'now' && this.runtime.state === 'ready') await this.#tellOfRoots();
    else if (effective === 'now') this.#tellOfRootsOnceReady();
    return effective;
  }

  /**
   * Replaces who answers `sampling/createMessage`.
   *
   * @param handler the new one; nothing takes it away, and the server is answered with an error
   * @param capabilities what later sessions are told of it; left out: as it was
   * @returns `now`, or `next session` where the server of this session was told that there is none
   * @throws ConfigError when it is no function, or the capabilities are none
   */
  setSamplingCallback(handler: OrNone<SamplingHandler>, capabilities?: SamplingCapabilities): Effective {
    const { current } = this.runtime.handlers;
    const given = functionOrNone('setSamplingCallback', handler);
    current.samplingCapabilities = checked('setSamplingCallback', capabilities) ?? current.samplingCapabilities;
    current.samplingHandler = given;
    return this.#effective('sampling');
  }

  /**
   * Replaces who answers `elicitation/create`.
   *
   * @param handler the new one; nothing takes it away, and the server is answered with an error
   * @param capabilities what later sessions are told of it; left out: as it was
   * @returns `now`, or `next session` where the server of this session was told that there is none
   * @throws ConfigError when it is no function, or the capabilities are none
   */
  setElicitationCallback(handler: OrNone<ElicitationHandler>, capabilities?: ElicitationCapabilities): Effective {
    const { current } = this.runtime.handlers;
    const given = functionOrNone('setElicitationCallback', handler);
    current.elicitationCapabilities =
      checked('setElicitationCallback', capabilities) ?? current.elicitationCapabilities;
    current.elicitationHandler = given;
    return this.#effective('elicitation');
  }

  /** Replaces who is given the server's log messages, at once; nothing: the quiet log. */
  setLogHandler(handler: OrNone<LogHandler>): void {
    this.runtime.handlers.current.logHandler = functionOrNone('setLogHandler', handler);
  }

  /** Replaces who is given the server's notifications, at once; nothing takes it away. */
  setMessageHandler(handler: OrNone<MessageHandler>): void {
    if (handler != null && !isMessageHandler(handler)) {
      throw configError(
        'setMessageHandler() takes a function, or an object with a method of MessageHandler',
        'handler',
      );
    }
    this.runtime.handlers.current.messageHandler = handler ?? undefined;
  }

  /**
   * Replaces who is told how far requests have come; nothing takes it away. Requests that are made from now
   * on ask the server for it.
   */
  setProgressHandler(handler: OrNone<ProgressHandler>): void {
    this.runtime.handlers.current.progressHandler = functionOrNone('setProgressHandler', handler);
  }

  async #tellOfRoots(): Promise<void> {
    // A session that is lost in this moment asks for the roots anew in the next.
    await this.runtime.notify('notifications/roots/list_changed', undefined, null).catch(() => undefined);
  }

  /** A server that has answered the handshake may have asked already, before we know that it has. */
  #tellOfRootsOnceReady(): void {
    const { runtime } = this;
    const { generation } = runtime.snapshot.context;
    this.#forgetRoots?.();
    this.#forgetRoots = runtime.observation.onChange(() => {
      const isSame = runtime.snapshot.context.generation === generation;
      if (isSame && runtime.state === 'initializing') return;
      this.#forgetRoots?.();
      this.#forgetRoots = undefined;
      if (isSame && runtime.state === 'ready') void this.#tellOfRoots();
    });
  }

  #effective(capability: 'roots' | 'sampling' | 'elicitation'): Effective {
    const { handlers, state, snapshot } = this.runtime;
    const isLive = state === 'ready' || state === 'initializing';
    const advertised = handlers.advertised(snapshot.context.generation);
    return isLive && advertised[capability] !== undefined ? 'now' : 'next session';
  }
}

function checked<T extends object>(method: string, capabilities: T | undefined): T | undefined {
  if (capabilities === undefined) return undefined;
  const parsed = capabilitiesOf<T>().safeParse(capabilities);
  if (parsed.success) return parsed.data;
  throw configError(`${method}(): the capabilities ${parsed.error.issues[0]?.message ?? 'are not valid'}`, 'handler');
}

function functionOrNone<T extends (...args: never) => unknown>(method: string, handler: OrNone<T>): T | undefined {
  if (handler == null) return undefined;
  if (typeof handler !== 'function') throw configError(`${method}() takes a function`, 'handler');
  return handler;
}
