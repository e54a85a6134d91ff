/**
 * A client for Node: one framed TCP connection for all services of a server.
 *
 *   const connection = await connect({ host: '127.0.0.1', port: 9090 });
 *   const auth = connection.service('AuthenticationService');
 *   await auth.login(email, password, {});
 *   const templates = connection.service('JobTemplateService');
 *
 * Beside what the Thrift library's own client does, 64-bit integers are numbers (those that no number holds exactly, which only
 * properties of jobs can be, texts of their digits), and calls that wait for an answer when the connection ends are rejected instead
 * of waiting for ever.
 */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import { ByteWriter } from '../server/wire/bytes.ts';
import { Inbound, LENGTH_BYTES } from '../server/wire/inbound.ts';
import { type ProtocolClass, type ProtocolName, UNBOUNDED, type WireProtocol } from '../server/wire/protocol.ts';
import { protocols } from '../server/wire/protocols.ts';
import { type Clients, generated, type ServiceName } from '../services/generated.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
  /** Unix socket to connect to instead of host and port. */
  readonly socketPath?: string;
  /** Speaks TLS, with what node:tls takes (`ca`, `cert`, `key`, …). */
  readonly tls?: TlsOptions;
  /** Default 'binary'. */
  readonly protocol?: ProtocolName;
  /** Call methods by plain names instead of "Service:method". Default false. */
  readonly plainNames?: boolean;
}

/** Thrown by calls whose answer can no longer come. Whether the server carried them out is not known. */
export class ConnectionLost extends Error {}

type Answered = (error: unknown, result?: unknown) => void;

/** What the generated clients are, beneath their types. */
interface GeneratedClient {
  _reqs: Record<number, Answered>;
  _seqid: number;
  [send: `send_${string}`]: (...args: unknown[]) => void;
  [receive: `recv_${string}`]: (input: WireProtocol, type: number, seqid: number) => void;
}

type GeneratedClass = new (output: ByteWriter, protocol: ProtocolClass) => GeneratedClient;

/** @throws Error when nothing listens there */
export async function connect(address: Address): Promise<ClientConnection> {
  const socket = opened(address);
  await once(socket, address.tls ? 'secureConnect' : 'connect');
  return new ClientConnection(socket, address);
}

function opened({ host, port, socketPath, tls }: Address): Socket {
  const where = socketPath === undefined ? { host, port, noDelay: true } : { path: socketPath };
  return tls ? connectTls({ ...where, ...tls }) : createConnection(where);
}

/** Answers of a server that is trusted. */
const ANSWER_LIMITS = { ...UNBOUNDED, messageBytes: 2 ** 31 - 1 };

export class ClientConnection {
  readonly #socket: Socket;
  readonly #Protocol: ProtocolClass;
  readonly #plainNames: boolean;
  readonly #clients = new Map<ServiceName, GeneratedClient>();
  #lastSeqid = 0;
  #broken: Error | undefined;

  constructor(socket: Socket, { protocol = 'binary', plainNames = false }: Address) {
    this.#socket = socket;
    this.#Protocol = protocols[protocol];
    this.#plainNames = plainNames;
    const inbound = new Inbound(ANSWER_LIMITS, 'framed');
    socket.on('data', chunk => {
      try {
        inbound.push(chunk as Buffer);
        while (inbound.next((bytes, start, end) => this.#receive(bytes.subarray(start, end))));
      } catch (error) {
        // What comes back cannot be understood: nothing that follows it can be either.
        this.#broken = error as Error;
        socket.destroy();
      }
    });
    // Follows every error too.
    socket.on('close', () => this.#rejectAll());
    socket.on('error', () => {});
  }

  /** The client of one service; the same one each time. */
  service<S extends ServiceName>(name: S): Clients[S] {
    const client = this.#clients.get(name) ?? this.#create(name);
    this.#clients.set(name, client);
    return client as unknown as Clients[S];
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return;
    this.#socket.end();
    this.#socket.destroySoon();
    await once(this.#socket, 'close');
  }

  #create(name: ServiceName): GeneratedClient {
    const Client = generated[name].Client as unknown as GeneratedClass;
    const output = new CallOutput(this.#socket);
    const client = new Client(output, calling(this.#Protocol, this.#plainNames ? '' : `${name}:`));
    return Object.assign(client, this.#functionsOf(client));
  }

  /**
   * The service's functions, in the place of the generated ones. Those make their promises in a way by which V8 takes nearly all that
   * was ever answered for still in use until the next full collection, which then stops the caller for milliseconds.
   */
  #functionsOf(client: GeneratedClient): Record<string, (...args: unknown[]) => Promise<unknown>> {
    const sends = Object.getOwnPropertyNames(Object.getPrototypeOf(client)).filter(name => name.startsWith(SEND));
    return Object.fromEntries(
      (sends as `send_${string}`[]).map(send => [send.slice(SEND.length), (...args) => this.#call(client, send, args)]),
    );
  }

  #call(client: GeneratedClient, send: `send_${string}`, args: unknown[]): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    client._seqid = this.#lastSeqid += 1;
    client._reqs[client._seqid] = answering(resolve, reject);
    try {
      client[send]!(...args);
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  #receive(message: Buffer): void {
    const input = new this.#Protocol(NOTHING_WRITTEN, message, { ...UNBOUNDED, digits: true });
    const { fname, mtype, rseqid } = input.readMessageBegin();
    const client = [...this.#clients.values()].find(candidate => candidate._reqs[rseqid]);
    const receive = client?.[`recv_${fname}`];
    if (!client || !receive) throw new Error(`an answer to "${fname}", which nobody called`);
    const waiting = client._reqs[rseqid]!;
    try {
      receive.call(client, input, mtype, rseqid);
    } catch (error) {
      waiting(new ConnectionLost('the answer cannot be understood', { cause: error }));
      throw error;
    }
  }

  #rejectAll(): void {
    const lost = new ConnectionLost('the connection to the server ended before the answer came', {
      cause: this.#broken,
    });
    for (const client of this.#clients.values()) {
      const waiting = Object.values(client._reqs);
      client._reqs = {};
      for (const callback of waiting) callback(lost);
    }
  }
}

const SEND = 'send_';

/** By itself, so that nothing but the promise is kept by it. */
const answering =
  (resolve: (result: unknown) => void, reject: (error: unknown) => void): Answered =>
  (error, result) =>
    error ? reject(error) : resolve(result);

const NOTHING_WRITTEN = new ByteWriter(0);

/** One call at a time is written into it, behind room for its length; the generated client flushes it. */
class CallOutput extends ByteWriter {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super(1024);
    this.#socket = socket;
  }

  /** Also drops what a call that could not be written has left. */
  begin(): void {
    this.position = LENGTH_BYTES;
  }

  flush(): void {
    if (this.#socket.destroyed) throw new ConnectionLost('the connection to the server is closed');
    this.int32(this.position - LENGTH_BYTES, 0);
    this.#socket.write(Buffer.from(this.written()));
  }
}

/** The protocol of calls: with the service's name before each method's. */
function calling(Protocol: ProtocolClass, prefix: string): ProtocolClass {
  return class extends Protocol {
    override writeMessageBegin(name: string, type: number, seqid: number): void {
      (this.output as CallOutput).begin();
      super.writeMessageBegin(prefix + name, type, seqid);
    }
  };
}
