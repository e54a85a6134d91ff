/**
 * The ports: sockets are admitted within the limits, and handed on by what their first byte says they speak.
 *
 *   16        TLS: its inside is looked at in the same way
 *   A to Z    HTTP: the first letter of a method
 *   others    Thrift (wire/inbound.ts tells its kinds apart)
 *
 * Every second all connections are looked through for those whose time is over.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { type Shared, ThriftConnection } from './connection.ts';
import type { Refusal, Transport } from './metrics.ts';

export interface TlsSettings {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the authorities whose client certificates are good. Without it clients are asked for none. */
  readonly clientAuthorities?: string;
  /** Whether a client must show one. One that is shown must be good either way. */
  readonly clientCertificateRequired: boolean;
}

/** Takes over sockets that speak HTTP. */
export interface HttpDoor {
  accept(socket: Socket): void;
  stop(): Promise<void>;
}

interface Arrival {
  readonly socket: Socket;
  readonly address: string;
  readonly since: number;
  transport?: Transport;
  thrift?: ThriftConnection;
}

const SWEEP_MS = 1000;
const TLS_HANDSHAKE = 0x16;
/** What a TLS client understands: a fatal alert, handshake failure. */
const NO_TLS = Buffer.from([0x15, 3, 1, 0, 2, 2, 40]);
const [A, Z] = [0x41, 0x5a];

export class Port {
  readonly #shared: Shared;
  readonly #http: HttpDoor;
  readonly #tls: TlsServer | undefined;
  readonly #mustShow: boolean;
  readonly #servers: Server[] = [];
  readonly #arrivals = new Map<Socket, Arrival>();
  readonly #perAddress = new Map<string, number>();
  readonly #sweep: NodeJS.Timeout;

  constructor(shared: Shared, http: HttpDoor, tls?: TlsSettings) {
    this.#shared = shared;
    this.#http = http;
    this.#mustShow = tls?.clientCertificateRequired ?? false;
    this.#tls = tls && this.#createTls(tls);
    this.#sweep = setInterval(() => this.#closeOverdue(), SWEEP_MS).unref();
  }

  /** @param only HTTP, where a port is for that alone. @returns where it listens: with port 0, the port that was free */
  async listen(where: ListenOptions, only?: 'http'): Promise<AddressInfo> {
    // Half-open: who has said all may still be answered.
    const server = createServer({ noDelay: true, allowHalfOpen: true }, socket => this.#arrived(socket, only));
    server.listen(where);
    await once(server, 'listening');
    this.#servers.push(server);
    return server.address() as AddressInfo;
  }

  /** Takes no more connections and requests; calls that run are answered first, for `graceMs` at most. */
  async stop(graceMs: number): Promise<void> {
    this.#shared.stopping = true;
    clearInterval(this.#sweep);
    for (const server of this.#servers) server.close();
    const arrivals = [...this.#arrivals.values()];
    for (const { socket, transport } of arrivals) if (!transport) socket.destroy();
    const ending = [this.#http.stop(), ...arrivals.map(({ thrift }) => thrift?.stop())];
    const grace = AbortSignal.timeout(graceMs);
    await Promise.race([Promise.allSettled(ending), once(grace, 'abort')]);
    for (const { socket } of this.#arrivals.values()) socket.destroySoon();
    this.#tls?.close();
  }

  #arrived(socket: Socket, only: Transport | undefined): void {
    const address = socket.remoteAddress ?? '';
    // A client that goes away is none of our faults; its 'close' follows.
    socket.on('error', error => this.#shared.logger.debug({ err: error }, 'a connection broke'));
    const reason = this.#refusal(address);
    if (reason) {
      this.#shared.metrics.refused(reason);
      socket.destroy();
      return;
    }
    const arrival: Arrival = { socket, address, since: performance.now() };
    this.#arrivals.set(socket, arrival);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    socket.once('close', () => this.#left(arrival));
    this.#look(socket, arrival, only);
  }

  #refusal(address: string): Refusal | undefined {
    const { connections, connectionsPerAddress } = this.#shared.limits;
    if (this.#shared.stopping || this.#arrivals.size >= connections) return 'connections';
    // Sockets of this machine's file system have no address.
    const fromHere = address === '' ? 0 : (this.#perAddress.get(address) ?? 0);
    return fromHere >= connectionsPerAddress ? 'connections-per-address' : undefined;
  }

  #left({ socket, address, transport }: Arrival): void {
    this.#arrivals.delete(socket);
    const left = this.#perAddress.get(address)! - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
    if (transport) this.#shared.metrics.closed(transport);
  }

  /** Waits for the first byte, and hands the socket on. */
  #look(socket: Socket, arrival: Arrival, only: Transport | undefined): void {
    const ended = () => socket.destroy();
    socket.once('end', ended);
    socket.once('data', (first: Buffer) => {
      socket.off('end', ended);
      const byte = first[0]!;
      const isPlain = socket === arrival.socket;
      if (byte === TLS_HANDSHAKE && isPlain) return this.#handToTls(socket, first);
      if (isPlain && this.#mustShow && arrival.address !== '') return this.#refusePlain(socket);
      if (only === 'http' || (byte >= A && byte <= Z)) return this.#handToHttp(socket, arrival, first);
      arrival.transport = 'thrift';
      this.#shared.metrics.opened('thrift');
      arrival.thrift = new ThriftConnection(socket, this.#shared);
      arrival.thrift.received(first);
    });
  }

  #handToHttp(socket: Socket, arrival: Arrival, first: Buffer): void {
    arrival.transport = 'http';
    this.#shared.metrics.opened('http');
    socket.pause();
    socket.unshift(first);
    this.#http.accept(socket);
  }

  #handToTls(socket: Socket, first: Buffer): void {
    if (!this.#tls) {
      this.#shared.metrics.refused('tls');
      socket.end(NO_TLS);
      socket.destroySoon();
      return;
    }
    socket.pause();
    socket.unshift(first);
    this.#tls.emit('connection', socket);
  }

  /** Who must show a certificate must do it within TLS. Who may open the Unix socket is the file system's affair. */
  #refusePlain(socket: Socket): void {
    this.#shared.metrics.refused('tls');
    socket.destroy();
  }

  #createTls({ certificate, key, clientAuthorities, clientCertificateRequired }: TlsSettings): TlsServer {
    const server = createTlsServer({
      cert: certificate,
      key,
      handshakeTimeout: this.#shared.limits.halfMessageMs,
      requestCert: clientAuthorities !== undefined,
      rejectUnauthorized: clientCertificateRequired,
      ...(clientAuthorities !== undefined && { ca: clientAuthorities }),
      allowHalfOpen: true,
    });
    server.on('secureConnection', socket => this.#secured(socket));
    server.on('tlsClientError', (error, socket) => {
      this.#shared.metrics.refused('tls');
      this.#shared.logger.debug({ err: error }, 'a TLS handshake failed');
      socket.destroy();
    });
    return server;
  }

  #secured(socket: TLSSocket): void {
    socket.on('error', error => this.#shared.logger.debug({ err: error }, 'a TLS connection broke'));
    const shown = Object.keys(socket.getPeerCertificate()).length > 0;
    if (!socket.authorized && (shown || this.#mustShow)) {
      this.#shared.metrics.refused('tls');
      socket.destroy();
      return;
    }
    const arrival = this.#arrivalOf(socket);
    if (arrival) this.#look(socket, arrival, undefined);
    else socket.destroy();
  }

  /** The plain socket beneath a secured one. */
  #arrivalOf(secured: TLSSocket): Arrival | undefined {
    return this.#arrivals.get((secured as unknown as { _parent: Socket })._parent);
  }

  #closeOverdue(): void {
    const now = performance.now();
    const { limits, metrics } = this.#shared;
    for (const { socket, since, transport, thrift } of this.#arrivals.values()) {
      const reason = thrift?.overdue(now);
      if (reason) thrift!.close(reason);
      if (!transport && now - since > limits.unauthenticatedMs) {
        metrics.refused('unauthenticated');
        socket.destroy();
      }
    }
  }
}
