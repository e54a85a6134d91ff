/**
 * A process of its own that pings a server every few milliseconds on one connection. Beside it runs an echo that asks nobody: what an
 * echo took in the time of a ping, the machine took, and not the server.
 *
 * `node watcher.ts PORT` says what it saw, as JSON, at first and for every line of its input: since it said so last. It ends with its
 * input.
 */
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

export interface Watched {
  pings: number;
  /** Milliseconds of the slowest ping, less what the machine took of them. */
  slowest: number;
  /** Why it could not go on. */
  failed?: string;
}

const EVERY_MS = 5;
const NAME = 'AuthenticationService:ping';
const HEAD_BYTES = 12;

/** A framed call in the binary protocol. */
function pingMessage(): Buffer {
  const message = Buffer.alloc(HEAD_BYTES + NAME.length + 5);
  message.writeInt32BE(message.length - 4, 0);
  message.writeUInt32BE(0x8001_0001, 4);
  message.writeInt32BE(NAME.length, 8);
  message.write(NAME, HEAD_BYTES, 'latin1');
  return message;
}

async function opened(port: number): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes again and again, and measures how long their answers take. */
class Asker {
  readonly #socket: Socket;
  readonly #bytes: Buffer;
  #answer: Buffer | undefined;
  #heard: (answer: Buffer | Error) => void = () => {};

  constructor(socket: Socket, bytes: Buffer) {
    this.#socket = socket;
    this.#bytes = bytes;
    socket.on('data', answer => this.#heard(answer));
    socket.on('close', () => this.#heard(new Error('the connection was closed')));
    socket.on('error', () => {});
  }

  /** Milliseconds. @throws Error when the answer is another than before */
  async ask(): Promise<number> {
    const started = performance.now();
    const answer = await new Promise<Buffer | Error>(resolve => {
      this.#heard = resolve;
      this.#socket.write(this.#bytes);
    });
    if (answer instanceof Error) throw answer;
    this.#answer ??= answer;
    if (!this.#answer.equals(answer)) throw new Error(`another answer than before: ${answer.toString('latin1')}`);
    return performance.now() - started;
  }
}

const freshlyWatched = (): Watched => ({ pings: 0, slowest: 0 });
let watched = freshlyWatched();

/** The slowest echo since this was set to 0. */
let slowestEcho = 0;
let echoing: Promise<number>;

async function echo(asker: Asker): Promise<never> {
  for (;;) {
    echoing = asker.ask();
    const took = await echoing;
    slowestEcho = Math.max(slowestEcho, took);
    await pause(1);
  }
}

async function watch(asker: Asker): Promise<never> {
  for (;;) {
    slowestEcho = 0;
    const took = await asker.ask();
    await echoing;
    watched.pings++;
    watched.slowest = Math.max(watched.slowest, took - slowestEcho);
    await pause(EVERY_MS);
  }
}

function say(): void {
  process.stdout.write(`${JSON.stringify(watched)}\n`);
  watched = { ...freshlyWatched(), ...(watched.failed !== undefined && { failed: watched.failed }) };
}

const server = new Asker(await opened(Number(process.argv[2])), pingMessage());
const mirror = createServer({ noDelay: true }, socket => socket.pipe(socket)).listen(0, '127.0.0.1');
await once(mirror, 'listening');
const beside = new Asker(await opened((mirror.address() as AddressInfo).port), Buffer.from('echo'));
for (let n = 0; n < 50; n++) await Promise.all([server.ask(), beside.ask()]);
void echo(beside);
watch(server).catch((error: Error) => {
  watched.failed = error.message;
});
createInterface({ input: process.stdin })
  .on('line', say)
  .on('close', () => process.exit());
say();
