/** The protocols that calls are made in, over the stock library's classes: calls as bytes, bytes as answers. */
import thrift, { type TProtocol, type TTransport } from 'thrift';
import type { IdlFunction } from '../../src/server/idl.ts';
import { BadAnswer, readApplicationException, readResult, type Values } from './decode.ts';
import { type StructNode, write } from './nodes.ts';

const { TFramedTransport, TBinaryProtocol, TCompactProtocol, TJSONProtocol } = thrift;

export const CALL = 1;
export const REPLY = 2;
export const EXCEPTION = 3;

export interface Head {
  readonly name: string;
  readonly type: number;
  readonly seqid: number;
}

/** An answer whose head is read. What follows can be read once. */
export interface Opened {
  /** Without a seqid where the protocol has none. */
  readonly head: Omit<Head, 'seqid'> & { readonly seqid: number | undefined };
  /** @throws BadAnswer when it is no result of the function, or more than one */
  result(of: IdlFunction): Values;
  /** @throws BadAnswer */
  exception(): { message: string; type: number };
}

export interface Protocol {
  readonly name: 'binary' | 'old binary' | 'compact' | 'json' | 'plain json';
  /** What a message begins with; whoever reads it tells the protocol by it. Undefined where there is no such thing. */
  readonly magic: Buffer | undefined;
  /** Items of one container that can be written in good time: for its JSON the library takes the square of it. */
  readonly mostItems: number;
  /** A message without any frame. @throws whatever the library throws at what it cannot write */
  encode(head: Head, body: StructNode): Buffer;
  /** @throws Error when the head cannot be read */
  open(message: Buffer): Opened;
  /** The length of the message that these bytes begin with; undefined when it has no end yet. @throws at what is none */
  measure(bytes: Buffer): number | undefined;
}

interface Position {
  readPos: number;
}

function protocol(
  name: Protocol['name'],
  magic: readonly number[],
  make: (transport: TTransport) => TProtocol,
): Protocol {
  const begin = (message: Buffer) => {
    const transport = new TFramedTransport(message as never);
    const input = make(transport);
    const { fname, mtype, rseqid } = input.readMessageBegin();
    const head: Head = { name: String(fname), type: mtype, seqid: Number(rseqid) | 0 };
    return { head, input, rest: () => message.length - (transport as unknown as Position).readPos };
  };
  const open = (message: Buffer): Opened => {
    const { head, input, rest } = begin(message);
    const whole = <T>(read: T): T => {
      input.readMessageEnd();
      if (rest() === 0) return read;
      throw new BadAnswer(`${rest()} bytes behind the message`);
    };
    return {
      head,
      result: of => whole(readResult(input, of)),
      exception: () => whole(readApplicationException(input)),
    };
  };
  return {
    name,
    magic: magic.length > 0 ? Buffer.from(magic) : undefined,
    mostItems: name === 'json' ? 4_000 : 200_000,
    open,
    encode(head, body) {
      let bytes: Buffer | undefined;
      const output = make(
        new TFramedTransport(undefined, written => {
          bytes = written as Buffer;
        }),
      );
      output.writeMessageBegin(head.name, head.type as never, head.seqid);
      write(output, body);
      output.writeMessageEnd();
      output.flush();
      return bytes!.subarray(4);
    },
    measure(bytes) {
      try {
        const { input, rest } = begin(bytes);
        // In JSON the head takes the whole message in; the library would believe any size that a list in it claims.
        if (name !== 'json') input.skip(thrift.Thrift.Type.STRUCT);
        return bytes.length - rest();
      } catch (error) {
        if ((error as Error).name === 'InputBufferUnderrunError') return undefined;
        throw error instanceof Error ? error : new BadAnswer(String(error));
      }
    },
  };
}

export const binary = protocol('binary', [0x80, 0x01], transport => new TBinaryProtocol(transport, false, true));
export const oldBinary = protocol('old binary', [], transport => new TBinaryProtocol(transport, false, false));
export const compact = protocol('compact', [0x82], transport => new TCompactProtocol(transport));
export const json = protocol('json', [0x5b], transport => new TJSONProtocol(transport));

/** A mutated byte may turn a message of one protocol into one of another; its answer tells which one it was taken for. */
export function protocolOf(bytes: Buffer, otherwise: Protocol): Protocol {
  const begins = ({ magic }: Protocol) =>
    magic && bytes.subarray(0, magic.length).equals(magic.subarray(0, bytes.length));
  return [otherwise, binary, compact, json].find(begins) ?? otherwise;
}
