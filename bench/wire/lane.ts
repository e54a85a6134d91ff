/**
 * One connection of the load: keeps its calls in flight and counts complete replies. Nothing is decoded and nothing allocated per
 * reply; every reply's length is compared with that of the first one, and now and then all bytes of one.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FRAME_BYTES, lengthAt } from './message.ts';

/** One reply of this many is compared byte by byte. */
const CHECKED = 64;
const RECEIVE_BYTES = 256 * 1024;

/** What the lanes of one load count together. */
export interface Counters {
  replies: number;
  bytes: number;
  /** Milliseconds from call to reply; only with one call in flight per connection. */
  readonly latencies: Float64Array;
  measuredLatencies: number;
}

/** Connects, and collects what comes until a load begins. */
export class Lane {
  readonly #socket: Socket;
  readonly #counters: Counters;
  #received: (bytes: Buffer, length: number) => void = () => {};
  #failed: (error: Error) => void = () => {};
  #block: readonly Buffer[] = [];
  #expected: Buffer = Buffer.alloc(0);
  #running = false;
  #inFlight = 0;
  #replies = 0;
  /** Bytes of the present reply that have come, its length bytes included. */
  #come = 0;
  #sentAt = 0;
  #drained: () => void = () => {};

  constructor(host: string, port: number, counters: Counters) {
    this.#counters = counters;
    const buffer = Buffer.allocUnsafe(RECEIVE_BYTES);
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer,
        callback: length => {
          this.#received(buffer, length);
          return true;
        },
      },
    });
    this.#socket.on('error', error => this.#failed(error));
    this.#socket.on('close', () => this.#failed(new Error('the server closed the connection')));
  }

  /** Sends one message. @returns the frame that comes back */
  async ask(message: Buffer): Promise<Buffer> {
    if (this.#socket.connecting) await once(this.#socket, 'connect');
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    let come = Buffer.alloc(0);
    this.#failed = reject;
    this.#received = (bytes, length) => {
      come = Buffer.concat([come, bytes.subarray(0, length)]);
      if (come.length >= FRAME_BYTES && come.length >= FRAME_BYTES + lengthAt(come, 0)) resolve(come);
    };
    this.#socket.write(message);
    return promise;
  }

  /** @param block `block[n]` holds n calls. @param failed hears once why the load cannot go on */
  start(block: readonly Buffer[], expected: Buffer, failed: (error: Error) => void): void {
    this.#block = block;
    this.#expected = expected;
    this.#failed = failed;
    this.#running = true;
    this.#received = (bytes, length) => this.#count(bytes, length);
    this.#send(block.length - 1);
  }

  /** Resolves when the last reply has come. */
  async stop(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#drained = resolve;
    this.#running = false;
    await promise;
    this.close();
  }

  close(): void {
    this.#failed = () => {};
    this.#socket.destroy();
  }

  #send(calls: number): void {
    this.#inFlight += calls;
    this.#sentAt = performance.now();
    this.#socket.write(this.#block[calls]!);
  }

  #count(bytes: Buffer, length: number): void {
    const complete = this.#cut(bytes, length);
    if (complete === -1) {
      this.#mismatch();
      return;
    }
    this.#counters.replies += complete;
    this.#counters.bytes += length;
    this.#inFlight -= complete;
    if (complete > 0 && this.#block.length === 2) this.#time();
    if (this.#running) {
      if (complete > 0) this.#send(complete);
    } else if (this.#inFlight === 0) this.#drained();
  }

  #time(): void {
    const { latencies, measuredLatencies } = this.#counters;
    if (measuredLatencies === latencies.length) return;
    latencies[measuredLatencies] = performance.now() - this.#sentAt;
    this.#counters.measuredLatencies += 1;
  }

  /** @returns how many replies these bytes completed, -1 when one is not what it should be */
  #cut(bytes: Buffer, length: number): number {
    const expected = this.#expected;
    const whole = expected.length;
    let complete = 0;
    let at = 0;
    while (at < length) {
      const come = this.#come;
      const part = Math.min(whole - come, length - at);
      const checked = this.#replies % CHECKED === 0;
      // The length is compared whole where it can be; in a reply that is in pieces, all that has come of it.
      if (come === 0 && part >= FRAME_BYTES && !checked) {
        if (lengthAt(bytes, at) !== whole - FRAME_BYTES) return -1;
      } else if ((checked || come < FRAME_BYTES) && expected.compare(bytes, at, at + part, come, come + part) !== 0) {
        return -1;
      }
      at += part;
      if (come + part < whole) {
        this.#come = come + part;
      } else {
        this.#come = 0;
        this.#replies += 1;
        complete += 1;
      }
    }
    return complete;
  }

  #mismatch(): void {
    this.#running = false;
    this.#socket.destroy();
    this.#failed(new Error(`reply ${this.#replies + 1} of a connection differs from the first`));
  }
}
