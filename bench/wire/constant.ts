/**
 * What Node's sockets can do: frames are cut, and each is answered with the same bytes and its own sequence number. Nothing is
 * decoded, nothing encoded; the replies to what one read brought are written together.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { ready, settings } from '../child.ts';
import { FRAME_BYTES, headOf, lengthAt } from './message.ts';
import { HOST, type Ports } from './servers.ts';

export interface ConstantSettings {
  /** Framed, in base64. */
  readonly reply: string;
}

const reply = Buffer.from(settings<ConstantSettings>().reply, 'base64');
const { seqidAt: replyAt } = headOf(reply);

function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', chunk => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const calls = callsIn(bytes);
    rest = bytes.subarray(calls.at(-1) ?? 0);
    if (calls.length > 1) socket.write(repliesTo(bytes, calls));
  });
  socket.on('error', () => {});
}

/** @returns where the frames begin, and where the last one ends */
function callsIn(bytes: Buffer): number[] {
  const calls = [0];
  for (let at = 0; bytes.length - at >= FRAME_BYTES; ) {
    at += FRAME_BYTES + lengthAt(bytes, at);
    if (at > bytes.length) break;
    calls.push(at);
  }
  return calls;
}

function repliesTo(bytes: Buffer, calls: readonly number[]): Buffer {
  const replies = Buffer.allocUnsafe(reply.length * (calls.length - 1));
  for (let n = 0; n < calls.length - 1; n++) {
    const call = calls[n]!;
    const { seqidAt, seqidBytes } = headOf(bytes, call);
    reply.copy(replies, n * reply.length);
    bytes.copy(replies, n * reply.length + replyAt, call + seqidAt, call + seqidAt + seqidBytes);
  }
  return replies;
}

const server = createServer({ noDelay: true }, serve).listen(0, HOST);
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
ready({ binary: port, compact: port } satisfies Ports, () => server.close());
