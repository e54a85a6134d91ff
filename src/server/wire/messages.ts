/**
 * One message: its protocol recognized, its call answered, and the answer written the way that the call came: framed or not, with
 * headers or without, in the same protocol.
 */
import type { Logger } from '../../base/logger.ts';
import type { ServiceName } from '../../services/generated.ts';
import type { CallerSession, Calls, Outcome } from '../calls.ts';
import type { Functions, ServedFunction } from '../functions.ts';
import type { Metrics } from '../metrics.ts';
import { type ByteWriter, TooLong } from './bytes.ts';
import { type Header, hasHeader, readHeader, writeHeader } from './header.ts';
import type { Framing, InboundLimits } from './inbound.ts';
import { LENGTH_BYTES } from './inbound.ts';
import {
  ExceptionType,
  Malformed,
  type MessageHead,
  MessageType,
  type ProtocolName,
  Type,
  UnfitValue,
  Untakable,
  type WireProtocol,
} from './protocol.ts';
import { protocolOf, protocols } from './protocols.ts';

export interface Request {
  readonly content: Buffer;
  readonly framing: Framing;
  /** Where plain names are looked up, if the way that the message came tells. */
  readonly service?: ServiceName;
}

/** What became of a message, for who carries the bytes. */
export interface Answered {
  /** Whether the connection can be understood after it. */
  readonly goesOn: boolean;
  /** Of a call. */
  readonly requestId?: string;
}

/** A refusal on the level of messages: goes out as a TApplicationException. */
class NoCall extends Error {
  readonly type: number;

  constructor(type: number, message: string) {
    super(message);
    this.type = type;
  }
}

/** The answer that is being written: where it begins, and what surrounds it. */
interface Envelope {
  readonly output: ByteWriter;
  readonly framing: Framing;
  readonly header: Header | undefined;
}

export class Messages {
  readonly #functions: Functions;
  readonly #calls: Calls;
  readonly #limits: InboundLimits;
  readonly #metrics: Metrics;
  readonly #logger: Logger;

  constructor(functions: Functions, calls: Calls, limits: InboundLimits, metrics: Metrics, logger: Logger) {
    this.#functions = functions;
    this.#calls = calls;
    this.#limits = limits;
    this.#metrics = metrics;
    this.#logger = logger;
  }

  /** Writes the answer to the output. Never rejects. */
  async answer(request: Request, session: CallerSession, output: ByteWriter): Promise<Answered> {
    let head: MessageHead = { fname: '', mtype: 0, rseqid: 0 };
    let envelope: Envelope = { output, framing: request.framing, header: undefined };
    let protocol: WireProtocol = new protocols.binary(output);
    try {
      const header = this.#headerOf(request);
      envelope = { output, framing: request.framing, header };
      if (header) protocol = new protocols[header.protocol](output);
      const content = header?.message ?? request.content;
      const name = protocolOf(content);
      if (!name || (header && name !== header.protocol)) throw new Malformed('in no protocol that is served');
      protocol = new protocols[name](output, content, this.#limits);
      head = protocol.readMessageBegin();
      const served = this.#served(head, request.service);
      const read = () => served.readArguments(protocol);
      const outcome = await this.#calls.answer(served, read, header ? withHeader(session, header) : session);
      this.#write(envelope, protocol, head, served, outcome);
      return { goesOn: true, requestId: outcome.requestId };
    } catch (error) {
      return { goesOn: this.#refuse(envelope, protocol, head, error) };
    }
  }

  /** Tells a client why its connection is closed, as far as that can be told: which call its bytes were is not known. */
  complain(framing: Framing, name: ProtocolName, error: Error, output: ByteWriter): void {
    const head = { fname: '', mtype: 0, rseqid: 0 };
    const envelope = { output, framing, header: undefined };
    this.#enveloped(envelope, '', () =>
      message(new protocols[name](output), head, MessageType.EXCEPTION, writer =>
        writeException(writer, ExceptionType.PROTOCOL_ERROR, error.message),
      ),
    );
  }

  #headerOf({ content, framing }: Request): Header | undefined {
    return framing === 'framed' && hasHeader(content) ? readHeader(content, this.#limits.messageBytes) : undefined;
  }

  /** @throws NoCall */
  #served({ fname, mtype }: MessageHead, service: ServiceName | undefined): ServedFunction {
    if (mtype !== MessageType.CALL)
      throw new NoCall(ExceptionType.INVALID_MESSAGE_TYPE, `message type ${mtype}; expected a call (1)`);
    const served = this.#functions.find(fname, service);
    if (served) return served;
    throw new NoCall(ExceptionType.UNKNOWN_METHOD, `Unknown function ${fname.slice(0, 200)}`);
  }

  /** An answer that cannot be written is a fault of ours, not of the connection; one that is too long is asked too much. */
  #write(
    envelope: Envelope,
    protocol: WireProtocol,
    head: MessageHead,
    served: ServedFunction,
    outcome: Outcome,
  ): void {
    const { requestId } = outcome;
    const reply = ({ field, value }: Outcome) =>
      this.#enveloped(envelope, requestId, () =>
        message(protocol, head, MessageType.REPLY, writer => served.writeResult(writer, field, value)),
      );
    try {
      reply(outcome);
    } catch (error) {
      reply(this.#calls.unwritten(served, requestId, error));
    }
  }

  /** @returns whether the connection goes on */
  #refuse(envelope: Envelope, protocol: WireProtocol, head: MessageHead, error: unknown): boolean {
    const goesOn = error instanceof NoCall || error instanceof UnfitValue;
    const type = error instanceof NoCall ? error.type : ExceptionType.PROTOCOL_ERROR;
    const known = goesOn || error instanceof Malformed || error instanceof Untakable;
    const text = known ? (error as Error).message : 'the message cannot be understood';
    this.#metrics.refused(goesOn ? 'no-call' : 'malformed');
    if (known) this.#logger.debug({ err: error, call: head.fname.slice(0, 200) }, 'a message is refused');
    else this.#logger.error({ err: error, call: head.fname.slice(0, 200) }, 'a message could not be answered');
    this.#enveloped(envelope, '', () =>
      message(protocol, head, MessageType.EXCEPTION, writer => writeException(writer, type, text)),
    );
    return goesOn;
  }

  /** Writes a message with what surrounds it, or nothing at all. @throws TooLong, and what `write` throws */
  #enveloped({ output, framing, header }: Envelope, requestId: string, write: () => void): void {
    const start = output.position;
    output.end = start + this.#limits.messageBytes + LENGTH_BYTES;
    try {
      if (framing === 'framed') output.skip(LENGTH_BYTES);
      if (header) writeHeader(output, header, requestId);
      write();
      if (output.position > output.end) throw new TooLong();
      if (framing === 'framed') output.int32(output.position - start - LENGTH_BYTES, start);
    } catch (error) {
      output.position = start;
      throw error;
    }
  }
}

/** A token in the headers counts for this message alone, and before the connection's own. */
function withHeader(session: CallerSession, { values }: Header): CallerSession {
  const token = tokenIn(values.get('authorization'));
  return {
    token: token ?? session.token,
    address: session.address,
    clientRequestId: values.get('x-request-id'),
    bind: bound => session.bind(bound),
    release: () => session.release(),
    authenticated: () => session.authenticated(),
    onLeaving: hear => session.onLeaving(hear),
  };
}

/** @param authorization "Token …" or "Bearer …" */
export const tokenIn = (authorization: string | undefined): string | undefined =>
  /^(?:Token|Bearer) +(\S+)\s*$/i.exec(authorization ?? '')?.[1];

const LONGEST_NAME = 1000;

/** In the request's protocol, by a writer that has written nothing yet: reading, or an answer that failed, may have left off anywhere. */
function message(
  { name, output }: WireProtocol,
  { fname, rseqid }: MessageHead,
  type: number,
  writeBody: (writer: WireProtocol) => void,
): void {
  const writer = new protocols[name](output);
  // A client that asked for "Service:method" is answered by the method's name alone.
  writer.writeMessageBegin(fname.slice(fname.indexOf(':') + 1).slice(0, LONGEST_NAME), type, rseqid);
  writeBody(writer);
  writer.writeMessageEnd();
}

function writeException(output: WireProtocol, type: number, text: string): void {
  output.writeStructBegin('TApplicationException');
  output.writeFieldBegin('message', Type.STRING, 1);
  output.writeString(text);
  output.writeFieldEnd();
  output.writeFieldBegin('type', Type.I32, 2);
  output.writeI32(type);
  output.writeFieldEnd();
  output.writeFieldStop();
  output.writeStructEnd();
}
