/** Messages as bytes, and a socket for them: what no generated client would send, and what the server really answers. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import thrift, { type TProtocol, type TTransport } from 'thrift';
import type { SystemException } from '#gen/common_types';
import { generated, type ServiceName } from '../../src/services/generated.ts';

const { Thrift, TFramedTransport } = thrift;

export type ProtocolClass = new (transport: TTransport) => TProtocol;

/** The stock library's protocols: what our own are judged by. */
class StockBinary extends thrift.TBinaryProtocol {
  override readI64(): never {
    return Number(super.readI64()) as never;
  }
}

class StockCompact extends thrift.TCompactProtocol {
  override readI64(): never {
    return Number(super.readI64()) as never;
  }
}

export const binary = StockBinary as unknown as ProtocolClass;
export const compact = StockCompact as unknown as ProtocolClass;

/** The arguments of a function that has none. */
export const nothing = {
  write(output: TProtocol): void {
    output.writeStructBegin('nothing');
    output.writeFieldStop();
    output.writeStructEnd();
  },
};

type Writable = { write(output: TProtocol): void };
type StructClass = new (fields?: Record<string, unknown>) => Writable & { read(input: TProtocol): void };

/** The classes that the Thrift compiler makes of a function's arguments and of its result. */
const struct = (service: ServiceName, name: string, part: 'args' | 'result'): StructClass =>
  (generated[service] as unknown as Record<string, StructClass>)[`${service}_${name}_${part}`]!;

export const args = (service: ServiceName, name: string, fields: Record<string, unknown>): Writable =>
  new (struct(service, name, 'args'))(fields);

export interface MessageOptions {
  readonly protocol?: ProtocolClass;
  readonly seqid?: number;
  /** Thrift.MessageType number; a call when left out. */
  readonly type?: number;
}

/** A message without its frame. */
export function message(
  name: string,
  args: Writable = nothing,
  { protocol: Protocol = binary, seqid = 1, type = Thrift.MessageType.CALL }: MessageOptions = {},
): Buffer {
  let written: Buffer | undefined;
  const output = new Protocol(
    new TFramedTransport(undefined, bytes => {
      written = bytes as Buffer;
    }) as never,
  );
  output.writeMessageBegin(name, type as never, seqid);
  args.write(output);
  output.writeMessageEnd();
  output.flush();
  return written!.subarray(4);
}

export function framed(content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** The bytes of a frame's length alone. */
export function lengthOnly(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length);
  return bytes;
}

export interface Reply {
  readonly name: string;
  readonly seqid: number;
  /** 'reply' or 'exception'. */
  readonly kind: 'reply' | 'exception';
  /** Of an exception. */
  readonly exceptionType: number | undefined;
  readonly exceptionMessage: string | undefined;
  /** At the beginning of the result struct. */
  readonly input: TProtocol;
}

export function decoded(content: Buffer | undefined, Protocol: ProtocolClass = binary): Reply {
  if (!content) throw new Error('the server ended the connection instead of answering');
  const input = new Protocol(new TFramedTransport(content as never) as never);
  const { fname, mtype, rseqid } = input.readMessageBegin();
  const failed = mtype === Thrift.MessageType.EXCEPTION;
  const exception = new Thrift.TApplicationException();
  if (failed) (exception as unknown as { read(input: TProtocol): void }).read(input);
  return {
    name: fname,
    seqid: rseqid,
    kind: failed ? 'exception' : 'reply',
    exceptionType: failed ? (exception as unknown as { type: number }).type : undefined,
    exceptionMessage: failed ? exception.message : undefined,
    input,
  };
}

/** The result struct of an answer: what was returned, or the error that was declared. */
export function resultIn(
  service: ServiceName,
  { name, input }: Reply,
): { success: unknown; err: SystemException | null } {
  const result = new (struct(service, name, 'result'))();
  result.read(input);
  return result as unknown as { success: unknown; err: SystemException | null };
}

/** One socket. `answer` takes the answers in their order. */
export class RawConnection {
  readonly socket: Socket;
  #unread = Buffer.alloc(0);
  readonly #chunks: AsyncIterator<Buffer>;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
    // The reader of the next answer hears it; without a reader it is nobody's affair.
    socket.on('error', () => {});
  }

  static async open({ host, port }: { host: string; port: number }): Promise<RawConnection> {
    const socket = createConnection({ host, port, noDelay: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  send(...pieces: Buffer[]): void {
    for (const piece of pieces) this.socket.write(piece);
  }

  /** The content of the next frame, or all that came without one; undefined when the server has ended the connection. */
  async answer(): Promise<Buffer | undefined> {
    for (;;) {
      const length = this.#unread.length < 4 ? Number.POSITIVE_INFINITY : this.#unread.readInt32BE(0);
      if (length >= 0 && this.#unread.length >= 4 + length) {
        const content = this.#unread.subarray(4, 4 + length);
        this.#unread = this.#unread.subarray(4 + length);
        return content;
      }
      const chunk = await this.#chunks.next().catch(() => ({ done: true, value: undefined }));
      if (chunk.done) return this.#rest();
      this.#unread = Buffer.concat([this.#unread, chunk.value as Buffer]);
    }
  }

  /** What came without a frame. */
  #rest(): Buffer | undefined {
    const rest = this.#unread;
    this.#unread = Buffer.alloc(0);
    return rest.length > 0 ? rest : undefined;
  }

  /** Resolves with the answers that were left when the server has ended the connection. */
  async ended(): Promise<Buffer[]> {
    const answers: Buffer[] = [];
    for (let next = await this.answer(); next; next = await this.answer()) answers.push(next);
    return answers;
  }

  close(): void {
    this.socket.destroy();
  }
}
