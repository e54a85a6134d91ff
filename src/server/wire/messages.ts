/** One message: decoded, answered, and the answer encoded in the protocol that it came in. */
import thrift, { type TProtocol } from 'thrift';
import type { Logger } from '../../base/logger.ts';
import type { Calls, Outcome, TokenSession } from '../calls.ts';
import type { Functions, ServedFunction } from '../functions.ts';
import { LENGTH_BYTES, LONGEST_FRAME } from './frames.ts';
import { IntegerTooLarge, type ProtocolClass, protocolOf } from './protocols.ts';

const { Thrift, TFramedTransport } = thrift;

/** What there is to write, framed, and whether the connection can be understood after it. */
export interface Answer {
  readonly frame: Buffer | undefined;
  readonly last: boolean;
}

interface MessageHead {
  readonly fname: string;
  readonly mtype: number;
  readonly rseqid: number;
}

export class Messages {
  readonly #functions: Functions;
  readonly #calls: Calls;
  readonly #logger: Logger;

  constructor(functions: Functions, calls: Calls, logger: Logger) {
    this.#functions = functions;
    this.#calls = calls;
    this.#logger = logger;
  }

  /** Never rejects. */
  async answer(message: Buffer, session: TokenSession): Promise<Answer> {
    const Protocol = protocolOf(message);
    if (!Protocol) {
      this.#logger.warn('a message in neither the binary nor the compact protocol: its connection is closed');
      return { frame: undefined, last: true };
    }
    let head: MessageHead = { fname: '', mtype: 0, rseqid: 0 };
    try {
      const input = new Protocol(new TFramedTransport(message as never) as never);
      const { fname, mtype, rseqid } = input.readMessageBegin();
      // In old messages the library leaves the name as bytes.
      head = { fname: String(fname), mtype, rseqid };
      const served = this.#functions.find(head.fname);
      if (head.mtype !== Thrift.MessageType.CALL)
        throw failure('INVALID_MESSAGE_TYPE', `message type ${head.mtype}; expected a call (1)`);
      if (!served) throw failure('UNKNOWN_METHOD', `Unknown function ${head.fname.slice(0, 200)}`);
      const args = decode(served, input);
      const outcome = await this.#calls.answer(served, args, session);
      return { frame: this.#reply(Protocol, head, served, outcome), last: false };
    } catch (error) {
      return this.#refusal(Protocol, head, error);
    }
  }

  /** An answer that cannot be written is a fault of ours, not of the connection; one that is too long for a frame is asked too much. */
  #reply(Protocol: ProtocolClass, head: MessageHead, served: ServedFunction, outcome: Outcome): Buffer {
    const reply = ({ field, value }: Outcome) =>
      encode(Protocol, head, Thrift.MessageType.REPLY, new served.Result({ [field]: value }));
    try {
      const frame = reply(outcome);
      return frame.length <= LENGTH_BYTES + LONGEST_FRAME
        ? frame
        : reply(this.#calls.tooLong(served, outcome.requestId, frame.length));
    } catch (error) {
      return reply(this.#calls.fault(served, outcome.requestId, error));
    }
  }

  #refusal(Protocol: ProtocolClass, head: MessageHead, error: unknown): Answer {
    if (error instanceof Thrift.TApplicationException) {
      return { frame: encode(Protocol, head, Thrift.MessageType.EXCEPTION, error as never), last: false };
    }
    this.#logger.warn(
      { err: error, call: head.fname.slice(0, 200) },
      'a message that cannot be understood: its connection is closed',
    );
    const text = error instanceof IntegerTooLarge ? error.message : 'the message cannot be understood';
    return {
      frame: encode(Protocol, head, Thrift.MessageType.EXCEPTION, failure('PROTOCOL_ERROR', text) as never),
      last: true,
    };
  }
}

/** The arguments in the interface's order. */
function decode(served: ServedFunction, input: TProtocol): unknown[] {
  const args = new served.Arguments();
  args.read(input);
  input.readMessageEnd();
  return served.idl.arguments.map(({ name }) => (args as unknown as Record<string, unknown>)[name]);
}

function encode(
  Protocol: ProtocolClass,
  head: MessageHead,
  type: number,
  body: { write(output: TProtocol): void },
): Buffer {
  let frame: Buffer | undefined;
  const output = new Protocol(
    new TFramedTransport(undefined, written => {
      frame = written;
    }) as never,
  );
  // The client asked for "Service:method"; replies name the method alone.
  output.writeMessageBegin(head.fname.slice(head.fname.indexOf(':') + 1), type as never, head.rseqid);
  body.write(output);
  output.writeMessageEnd();
  output.flush();
  return frame!;
}

/** The library reads the type as `type` and writes it as `code`. */
function failure(type: keyof typeof thrift.Thrift.TApplicationExceptionType, message: string) {
  const number = Thrift.TApplicationExceptionType[type];
  return Object.assign(new Thrift.TApplicationException(number, message), { code: number });
}
