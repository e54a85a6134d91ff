/**
 * A connection that speaks Thrift. Its requests are answered one after the other, in the order in which they came: a login holds for
 * what follows it. Answers of one turn leave in one piece. While a client does not read its answers, or has sent more requests than
 * may wait, nothing more is read from it; it holds up nobody else.
 */
import type { Socket } from 'node:net';
import type { Logger } from '../base/logger.ts';
import type { CallerSession } from './calls.ts';
import type { Departing, Departures } from './departures.ts';
import { Leaving } from './leaving.ts';
import type { Limits } from './limits.ts';
import type { Metrics, Refusal } from './metrics.ts';
import { Waiting } from './waiting.ts';
import { ByteWriter } from './wire/bytes.ts';
import { BadFrame, Inbound } from './wire/inbound.ts';
import type { Messages } from './wire/messages.ts';

/** A Unix socket has no address, and one that has ended has lost it. */
export const addressOf = (socket: Socket): string => socket.remoteAddress ?? 'local';

/** What all connections of a server have together. */
export interface Shared {
  readonly messages: Messages;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly departures: Departures;
  /** Not ready for new work, and still answering. */
  draining: boolean;
  stopping: boolean;
}

/** Answers are handed to the socket at the latest when so much has gathered. */
const FLUSH_BYTES = 64 * 1024;
/** A client with many requests in one piece lets others have their turn after so long. */
const TURN_MS = 5;
const SPARE_WRITERS = 64;

/** Buffers that wait for the next connection to answer: idle connections hold none. */
const spareWriters: ByteWriter[] = [];

export class ThriftConnection implements CallerSession, Departing {
  token: string | undefined;
  isAuthenticated = false;
  readonly #socket: Socket;
  readonly #shared: Shared;
  readonly #inbound: Inbound;
  readonly #waiting = new Waiting();
  readonly #take = (bytes: Buffer, start: number, end: number) => this.#waiting.push(bytes, start, end);
  #working: Promise<void> | undefined;
  #output: ByteWriter | undefined;
  #flushPlanned = false;
  /** While a call runs, its answer is going to be written into #output: that cannot be given away. */
  #answering = false;
  #ended = false;
  #paused = false;
  /** Since when a message has begun and is not whole; 0: none is. */
  #halfSince = 0;
  /** Of what is waiting to be whole, the part that is counted in the metrics' `halfBytes`. */
  #halfCounted = 0;
  #unreadSince = 0;
  #writtenThen = 0;
  /** Why nothing more can be read; what came before is still answered. */
  #broken: Error | undefined;
  readonly #leaving = new Leaving();
  readonly #born = performance.now();
  #lastMove = this.#born;

  constructor(socket: Socket, shared: Shared) {
    this.#socket = socket;
    this.#shared = shared;
    this.#inbound = new Inbound(shared.limits);
    socket.on('data', chunk => this.received(chunk as Buffer));
    // What was sent before is still answered.
    socket.on('end', () => void this.#leave());
    socket.on('close', () => this.#closed());
  }

  get address(): string {
    return addressOf(this.#socket);
  }

  bind(token: string): void {
    this.token = token;
    this.isAuthenticated = true;
  }

  release(): void {
    this.token = undefined;
  }

  authenticated(): void {
    this.isAuthenticated = true;
  }

  /** Resolves when what is being answered is answered. Takes up nothing more. */
  async stop(): Promise<void> {
    this.#waiting.clear();
    await this.#leave();
  }

  onLeaving(hear: () => void): () => void {
    return this.#leaving.onTold(hear);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** @returns why the connection must be closed, if it must. @param now of performance.now() */
  overdue(now: number): Refusal | undefined {
    const { limits } = this.#shared;
    if (this.#isUnread(now)) return 'unread';
    if (this.#halfSince > 0 && now - this.#halfSince > limits.halfMessageMs) return 'half-message';
    if (this.#working) return undefined;
    if (!this.isAuthenticated && now - this.#born > limits.unauthenticatedMs) return 'unauthenticated';
    return now - this.#lastMove > limits.idleMs ? 'idle' : undefined;
  }

  received(chunk: Buffer): void {
    if (this.#ended || this.#broken) return;
    const { metrics, limits } = this.#shared;
    metrics.received += chunk.length;
    this.#lastMove = performance.now();
    this.#inbound.push(chunk);
    this.#cut();
    if (this.#waiting.length >= limits.pipelined && !this.#paused) {
      metrics.refused('pipelined');
      this.#pause();
    }
    if (!this.#working && (this.#waiting.length > 0 || this.#broken)) this.#start();
  }

  /** Takes the whole messages out of what has arrived. */
  #cut(): void {
    try {
      while (this.#inbound.next(this.#take)) this.#halfSince = 0;
    } catch (error) {
      this.#broken = error as Error;
    }
    const half = this.#broken ? 0 : this.#inbound.waiting;
    const { metrics, limits } = this.#shared;
    metrics.halfBytes += half - this.#halfCounted;
    this.#halfCounted = half;
    if (half === 0) this.#halfSince = 0;
    else if (this.#halfSince === 0) this.#halfSince = this.#lastMove;
    if (half > 0 && metrics.halfBytes > limits.halfMessagesBytes) this.close('half-messages-in-all');
  }

  #start(): void {
    this.#working = this.#work().then(
      () => {
        this.#working = undefined;
      },
      error => {
        this.#working = undefined;
        this.#shared.logger.error({ err: error }, 'a connection failed');
        this.#socket.destroy();
      },
    );
  }

  async #work(): Promise<void> {
    const { messages, limits } = this.#shared;
    let turnStarted = performance.now();
    while (this.#waiting.length > 0) {
      const content = this.#waiting.shift();
      const framing = this.#inbound.framing!;
      this.#planFlush();
      this.#answering = true;
      const { goesOn } = await messages.answer({ content, framing }, this, this.#writer());
      this.#answering = false;
      if (!goesOn) return this.#end();
      if (this.#output!.position >= FLUSH_BYTES) this.flush();
      if (this.#socket.writableLength > limits.unreadBytes) await this.#drained();
      if (performance.now() - turnStarted > TURN_MS) {
        this.flush();
        await new Promise(resolve => setImmediate(resolve));
        turnStarted = performance.now();
      }
      this.#resume();
    }
    if (this.#broken) return this.#unreadable(this.#broken);
    this.#shared.departures.depart(this, performance.now());
    this.#resume();
  }

  #writer(): ByteWriter {
    this.#output ??= spareWriters.pop() ?? new ByteWriter();
    return this.#output;
  }

  /** Answers that are there do not wait for a call that takes longer than this turn. */
  #planFlush(): void {
    if (this.#flushPlanned || !this.#output?.position) return;
    this.#flushPlanned = true;
    setImmediate(() => {
      this.#flushPlanned = false;
      this.flush();
    });
  }

  /** Hands what is answered to the socket. */
  flush(): void {
    const output = this.#output;
    if (!output || output.position === 0) return;
    this.#shared.metrics.sent += output.position;
    this.#lastMove = performance.now();
    if (this.#answering) {
      const answers = Buffer.from(output.written());
      output.position = 0;
      if (!this.#socket.destroyed) this.#socket.write(answers);
      return;
    }
    this.#output = undefined;
    if (this.#socket.destroyed) return;
    this.#socket.write(output.written());
    // What the system has taken can be used again; what still waits belongs to the socket.
    if (this.#socket.writableLength > 0) return;
    output.position = 0;
    if (spareWriters.length < SPARE_WRITERS && output.buffer.length <= 2 * FLUSH_BYTES) spareWriters.push(output);
  }

  /** Resolves when the client has read enough of what waits for it, or is gone. */
  async #drained(): Promise<void> {
    this.#shared.metrics.refused('unread');
    this.#pause();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once('drain', resolve).once('close', resolve);
    await promise;
    this.#socket.off('drain', resolve).off('close', resolve);
    this.#resume();
  }

  #pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  /** Reads on when few enough requests wait: one read may bring more than a thousand. */
  #resume(): void {
    if (!this.#paused || this.#ended || this.#waiting.length > this.#shared.limits.pipelined / 2) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** Closes the connection for a reason that is counted. What was answered is still sent. */
  close(reason: Refusal, error?: Error): void {
    this.#shared.metrics.refused(reason);
    this.#shared.logger.warn({ reason, address: this.#socket.remoteAddress, err: error }, 'a connection is closed');
    if (reason === 'unread') this.#socket.destroy();
    else this.#end();
  }

  #unreadable(error: Error): void {
    const { framing } = this.#inbound;
    if (framing) this.#shared.messages.complain(framing, this.#inbound.protocol, error, this.#writer());
    const reason = error instanceof BadFrame ? 'frame-too-long' : 'malformed';
    this.close(framing ? reason : 'unknown-protocol', error);
  }

  /** What is being answered and what came before is answered first; calls that wait for something to happen end their wait. */
  async #leave(): Promise<void> {
    this.#leaving.tell();
    await this.#working;
    this.#end();
  }

  /** Sends what is written, and closes. */
  #end(): void {
    this.#ended = true;
    this.#waiting.clear();
    this.flush();
    this.#socket.destroySoon();
  }

  #closed(): void {
    this.#ended = true;
    this.#leaving.tell();
    this.#waiting.clear();
    this.#shared.metrics.halfBytes -= this.#halfCounted;
    this.#halfCounted = 0;
  }

  #isUnread(now: number): boolean {
    const { writableLength, bytesWritten } = this.#socket;
    const moved = bytesWritten - writableLength;
    if (writableLength === 0 || moved !== this.#writtenThen) {
      this.#unreadSince = now;
      this.#writtenThen = moved;
      return false;
    }
    return now - this.#unreadSince > this.#shared.limits.unreadMs;
  }
}
