/** How messages travel on a stream: wrapped on the way out, cut out of the bytes that come back. */
import { BadAnswer } from './decode.ts';
import { type Protocol, protocolOf } from './protocols.ts';
import type { Random } from './random.ts';

/** What a stream of requests asks for, as far as that can be told from its bytes alone. */
export interface Demand {
  /** Messages that must be answered, or the connection ended. */
  readonly answers: number;
  /** Whether the bytes end with a whole message, and every one is beyond doubt. If not, the server may well wait for more. */
  readonly certain: boolean;
}

/** A message that came back, without what was around it. */
export interface Answer {
  readonly bytes: Buffer;
  /** Of HTTP. */
  readonly status?: number;
}

export interface Wrapping {
  readonly random: Random;
  /** The service whose function is called. */
  readonly service: string;
  /** What a message carries on a transport where it does. */
  readonly token: string | undefined;
}

export interface Transport {
  readonly name: 'framed' | 'unframed' | 'header' | 'http';
  /** Whether each message carries the caller's token; if not, it belongs to the connection. */
  readonly carriesToken: boolean;
  wrap(message: Buffer, protocol: Protocol, wrapping: Wrapping): Buffer;
  /** The first answer in the bytes, and what follows it; undefined while it has no end. @throws BadAnswer */
  cut(bytes: Buffer, protocol: Protocol): { answer: Answer; rest: Buffer } | undefined;
  demand(bytes: Buffer, protocol: Protocol): Demand;
}

const LONGEST = 16 * 1024 * 1024;

export function framed(content: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(4 + content.length);
  frame.writeInt32BE(content.length);
  content.copy(frame, 4);
  return frame;
}

function cutFrame(bytes: Buffer): { answer: Answer; rest: Buffer } | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readInt32BE(0);
  if (length <= 0 || length > LONGEST) throw new BadAnswer(`an answer in a frame of ${length} bytes`);
  if (bytes.length < 4 + length) return undefined;
  return { answer: { bytes: bytes.subarray(4, 4 + length) }, rest: bytes.subarray(4 + length) };
}

/** Frames whose contents begin as they should, and are calls, as no other kind of message is promised an answer. */
function frameDemand(bytes: Buffer, isCall: (content: Buffer) => boolean): Demand {
  let answers = 0;
  for (let at = 0; at < bytes.length; answers++) {
    if (bytes.length - at < 4) return { answers, certain: false };
    const length = bytes.readInt32BE(at);
    const content = bytes.subarray(at + 4, at + 4 + length);
    if (length <= 0 || length > LONGEST || content.length < length || !isCall(content))
      return { answers, certain: false };
    at += 4 + length;
  }
  return { answers, certain: true };
}

function beginsAsCall(content: Buffer, { magic, open }: Protocol): boolean {
  if (!magic || !content.subarray(0, magic.length).equals(magic)) return false;
  try {
    return open(content).head.type === 1;
  } catch {
    // Its head cannot be read: whoever has the whole frame must say so, or hang up.
    return true;
  }
}

export const framedTransport: Transport = {
  name: 'framed',
  carriesToken: false,
  wrap: framed,
  cut: cutFrame,
  demand: (bytes, protocol) => frameDemand(bytes, content => beginsAsCall(content, protocol)),
};

export const unframedTransport: Transport = {
  name: 'unframed',
  carriesToken: false,
  wrap: message => message,
  cut(bytes, protocol) {
    if (bytes.length === 0) return undefined;
    const length = protocolOf(bytes, protocol).measure(bytes);
    return length === undefined
      ? undefined
      : { answer: { bytes: bytes.subarray(0, length) }, rest: bytes.subarray(length) };
  },
  demand(bytes, protocol) {
    let answers = 0;
    for (let rest = bytes; rest.length > 0; answers++) {
      try {
        const length = beginsAsCall(rest, protocol) ? protocol.measure(rest) : undefined;
        if (length === undefined) return { answers, certain: false };
        rest = rest.subarray(length);
      } catch {
        // What the library cannot skip may be cut short for the server: it may wait for more.
        return { answers, certain: false };
      }
    }
    return { answers, certain: true };
  },
};

const HEADER_MAGIC = 0x0fff;
const HEADER_STARTS = 10;
const protocolIds: Readonly<Record<string, number>> = { binary: 0, 'old binary': 0, compact: 2, json: 1 };

/** Thrift's header format: no transforms, sometimes keys and values. */
export const headerTransport: Transport = {
  name: 'header',
  carriesToken: false,
  wrap(message, protocol, { random }) {
    const header = [protocolIds[protocol.name]!, 0];
    if (random.chance(0.3)) {
      const texts = ['client', 'fuzz', 'trace', '\u00fc'.repeat(random.below(40))].map(text => Buffer.from(text));
      header.push(1, 2, ...texts.flatMap(text => [text.length, ...text]));
    }
    while (header.length % 4 !== 0) header.push(0);
    const start = Buffer.alloc(HEADER_STARTS);
    start.writeUInt16BE(HEADER_MAGIC, 0);
    start.writeInt32BE(random.between(0, 0x7fffffff), 4);
    start.writeUInt16BE(header.length / 4, 8);
    return framed(Buffer.concat([start, Buffer.from(header), message]));
  },
  cut(bytes) {
    const frame = cutFrame(bytes);
    return frame && { answer: { bytes: withoutHeader(frame.answer.bytes) }, rest: frame.rest };
  },
  demand: (bytes, protocol) =>
    frameDemand(bytes, content => {
      try {
        return hasHeader(content) && beginsAsCall(withoutHeader(content), protocol);
      } catch {
        return false;
      }
    }),
};

const hasHeader = (content: Buffer): boolean =>
  content.length >= HEADER_STARTS && content.readUInt16BE(0) === HEADER_MAGIC;

/** Whoever sent headers that make no sense may be told so without any. */
function withoutHeader(content: Buffer): Buffer {
  if (!hasHeader(content)) return content;
  const end = HEADER_STARTS + 4 * content.readUInt16BE(8);
  if (end > content.length) throw new BadAnswer('a header that is longer than its frame');
  return content.subarray(end);
}
