/**
 * A client for Node: one framed TCP connection for all services of a server.
 *
 *   const connection = await connect({ host: '127.0.0.1', port: 9090 });
 *   const auth = connection.service('AuthenticationService');
 *   await auth.login(email, password, {});
 *   const templates = connection.service('JobTemplateService');
 *
 * Beside what the Thrift library's own client does, 64-bit integers are numbers, and calls that wait for an answer when the
 * connection ends are rejected instead of waiting for ever.
 */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import thrift, { type TProtocol, type TTransport } from 'thrift';
import { FrameReader } from '../server/wire/frames.ts';
import { BinaryProtocol, CompactProtocol, type ProtocolClass } from '../server/wire/protocols.ts';
import { type Clients, generated, type ServiceName } from '../services/generated.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
  /** Default 'binary'. */
  readonly protocol?: 'binary' | 'compact';
  /** Call methods by plain names instead of "Service:method". Default false. */
  readonly plainNames?: boolean;
}

/** Thrown by calls whose answer can no longer come. Whether the server carried them out is not known. */
export class ConnectionLost extends Error {}

/** What the generated clients are, beneath their types. */
interface GeneratedClient {
  _reqs: Record<number, (error: unknown, result?: unknown) => void>;
  new_seqid(): number;
  [receive: `recv_${string}`]: (input: TProtocol, type: number, seqid: number) => void;
}

type GeneratedClass = new (output: TTransport, protocol: ProtocolClass) => GeneratedClient;

const protocols = {
  binary: BinaryProtocol as unknown as ProtocolClass,
  compact: CompactProtocol as unknown as ProtocolClass,
} as const;

/** @throws Error when nothing listens there */
export async function connect(address: Address): Promise<ClientConnection> {
  const socket = createConnection({ host: address.host, port: address.port, noDelay: true });
  await once(socket, 'connect');
  return new ClientConnection(socket, address);
}

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
    const frames = new FrameReader();
    socket.on('data', chunk => {
      try {
        for (const message of frames.push(chunk)) this.#receive(message);
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
    const output = new thrift.TFramedTransport(undefined, frame => {
      if (this.#socket.destroyed) throw new ConnectionLost('the connection to the server is closed');
      this.#socket.write(frame as Buffer);
    });
    const client = new Client(output as never, calling(this.#Protocol, this.#plainNames ? '' : `${name}:`));
    client.new_seqid = () => (this.#lastSeqid += 1);
    return client;
  }

  #receive(message: Buffer): void {
    const input = new this.#Protocol(new thrift.TFramedTransport(message as never) as never);
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

/** The protocol of calls: with the service's name before each method's, and without what a call that could not be written left. */
function calling(Protocol: ProtocolClass, prefix: string): ProtocolClass {
  class Calling extends (Protocol as new (transport: TTransport) => thrift.TBinaryProtocol) {
    override writeMessageBegin(name: string, type: never, seqid: number): void {
      Object.assign((this as unknown as { trans: object }).trans, { outBuffers: [], outCount: 0 });
      super.writeMessageBegin(prefix + name, type, seqid);
    }
  }
  return Calling as unknown as ProtocolClass;
}
