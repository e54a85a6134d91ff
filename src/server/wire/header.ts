/**
 * THeader: a frame whose message stands behind headers.
 *
 *   0f ff | flags (2 bytes) | number (4) | length of the headers in words of 4 bytes (2) | headers | message
 *
 * The headers are varints and texts: the message's protocol (0 binary, 1 JSON, 2 compact), how many transforms follow and which
 * (1 zlib), then blocks of information, of which block 1 holds keys and values; zeros fill the last word. A caller's token travels
 * under `authorization`, a request's own id under `x-request-id`; the answer's `x-request-id` is the id that the log knows the call by.
 */
import { inflateSync } from 'node:zlib';
import type { ByteWriter } from './bytes.ts';
import { Malformed, type ProtocolName, UnfitValue } from './protocol.ts';

const FIXED_BYTES = 10;
const KEY_VALUES = 1;
const ZLIB = 1;
const MOST_KEYS = 100;
const PROTOCOLS: readonly ProtocolName[] = ['binary', 'json', 'compact'];

export interface Header {
  readonly protocol: ProtocolName;
  readonly seqid: number;
  /** Keys in lower case. */
  readonly values: ReadonlyMap<string, string>;
  readonly message: Buffer;
}

export const hasHeader = (content: Buffer): boolean => content[0] === 0x0f && content[1] === 0xff;

/** @throws Malformed; UnfitValue for a transform that is not served */
export function readHeader(content: Buffer, mostBytes: number): Header {
  if (content.length < FIXED_BYTES) throw new Malformed(`headers in ${content.length} bytes`);
  const end = FIXED_BYTES + 4 * content.readUInt16BE(8);
  if (end > content.length) throw new Malformed(`headers of ${end} bytes in a frame of ${content.length}`);
  const input = new HeaderReader(content.subarray(FIXED_BYTES, end));
  const protocol = PROTOCOLS[input.varint()];
  if (!protocol)
    throw new Malformed('a protocol number in the headers that is none of 0 (binary), 1 (JSON), 2 (compact)');
  const transforms = Array.from({ length: Math.min(input.varint(), MOST_KEYS) }, () => input.varint());
  const values = input.values();
  const seqid = content.readInt32BE(4);
  return { protocol, seqid, values, message: transformed(content.subarray(end), transforms, mostBytes) };
}

function transformed(body: Buffer, transforms: readonly number[], mostBytes: number): Buffer {
  if (transforms.length === 0) return body;
  if (transforms.length > 1 || transforms[0] !== ZLIB)
    throw new UnfitValue(`transforms ${transforms.slice(0, 5).join(', ')} in the headers; only 1 (zlib) is served`);
  try {
    return inflateSync(body, { maxOutputLength: mostBytes });
  } catch (error) {
    throw new Malformed('a body that is said to be compressed and cannot be inflated within the limit', {
      cause: error,
    });
  }
}

/** Writes the headers of an answer; its message follows. */
export function writeHeader(output: ByteWriter, { protocol, seqid }: Header, requestId: string): void {
  const id = Buffer.from(requestId);
  const key = Buffer.from('x-request-id');
  const headers = Buffer.concat([
    Buffer.from([PROTOCOLS.indexOf(protocol), 0, KEY_VALUES, 1, key.length]),
    key,
    Buffer.from([id.length]),
    id,
  ]);
  const words = Math.ceil(headers.length / 4);
  const head = Buffer.alloc(FIXED_BYTES + 4 * words);
  head.writeUInt16BE(0x0fff, 0);
  head.writeInt32BE(seqid, 4);
  head.writeUInt16BE(words, 8);
  headers.copy(head, FIXED_BYTES);
  output.bytes(head);
}

class HeaderReader {
  readonly #input: Buffer;
  #at = 0;

  constructor(input: Buffer) {
    this.#input = input;
  }

  values(): Map<string, string> {
    const values = new Map<string, string>();
    while (this.#at < this.#input.length && this.varint() === KEY_VALUES) {
      const pairs = this.varint();
      if (pairs > MOST_KEYS) throw new Malformed(`${pairs} keys in the headers; at most ${MOST_KEYS}`);
      for (let n = 0; n < pairs; n++) {
        const key = this.#text().toLowerCase();
        values.set(key, this.#text());
      }
    }
    return values;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#input[this.#at++];
      if (byte === undefined) throw new Malformed('headers that end in the middle of a value');
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new Malformed('a number of more than 5 bytes in the headers');
  }

  #text(): string {
    const size = this.varint();
    const start = this.#at;
    this.#at += size;
    if (this.#at > this.#input.length) throw new Malformed('headers that end in the middle of a text');
    return this.#input.toString('utf8', start, this.#at);
  }
}
