/**
 * Stands between a server and PostgreSQL and breaks what a test says: it reads the messages of the client, so it knows which statement
 * comes next, also where only its name travels.
 */
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/**
 * 'cut': the statement does not arrive, and the connection breaks. 'cut-answer': it is carried out, and the connection breaks before
 * anybody hears of it. 'hang': nothing arrives any more, either way, and the connection stays.
 */
export type Fault = 'pass' | 'cut' | 'cut-answer' | 'hang';

export class DatabaseProxy {
  /** What becomes of a statement; connections have numbers. Put your own here. */
  decide: (text: string, connection: number) => Fault = () => 'pass';
  /** New connections are taken, and hear nothing. */
  isSilent = false;
  readonly #host: string;
  readonly #port: number;
  readonly #relays = new Set<Relay>();
  #server: Server | undefined;
  #ownPort = 0;
  #taken = 0;
  readonly #url: URL;

  private constructor(url: string) {
    this.#url = new URL(url);
    this.#host = this.#url.hostname;
    this.#port = Number(this.#url.port);
  }

  static async before(url: string): Promise<DatabaseProxy> {
    const proxy = new DatabaseProxy(url);
    await proxy.listen();
    return proxy;
  }

  /** The database's, by way of the proxy. */
  get url(): string {
    const url = new URL(this.#url);
    url.hostname = '127.0.0.1';
    url.port = String(this.#ownPort);
    return url.href;
  }

  get connections(): number {
    return this.#relays.size;
  }

  async listen(): Promise<void> {
    const server = createServer(socket => this.#take(socket));
    await new Promise<void>(resolve => server.listen(this.#ownPort, '127.0.0.1', resolve));
    this.#ownPort = (server.address() as { port: number }).port;
    this.#server = server;
  }

  /** Cuts every connection; new ones are still taken. */
  cut(): void {
    for (const relay of this.#relays) relay.end();
  }

  /** Cuts every connection and refuses new ones, until `listen`. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise(resolve => (server ? server.close(resolve) : resolve(undefined)));
    this.cut();
    await closed;
  }

  #take(client: Socket): void {
    const database = dial(this.#port, this.#host);
    const number = ++this.#taken;
    const relay = new Relay(client, database, text => this.decide(text, number), this.isSilent);
    this.#relays.add(relay);
    client.on('close', () => this.#relays.delete(relay));
  }
}

class Relay {
  readonly #client: Socket;
  readonly #database: Socket;
  readonly #decide: (text: string) => Fault;
  readonly #statements = new Map<string, string>();
  #unread: Buffer = Buffer.alloc(0);
  #started = false;
  #fault: Fault;

  constructor(client: Socket, database: Socket, decide: (text: string) => Fault, isSilent: boolean) {
    this.#client = client;
    this.#database = database;
    this.#decide = decide;
    this.#fault = isSilent ? 'hang' : 'pass';
    client.on('error', () => this.end()).on('close', () => this.end());
    // Where nothing arrives any more, an end does not either.
    const ended = () => void (this.#fault === 'hang' || this.end());
    database.on('error', ended).on('close', ended);
    client.on('data', data => this.#fromClient(data));
    database.on('data', data => this.#fromDatabase(data));
  }

  end(): void {
    this.#client.destroy();
    this.#database.destroy();
  }

  #fromClient(data: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, data]);
    for (;;) {
      // The first message has no letter before its length.
      const start = this.#started ? 1 : 0;
      if (this.#unread.length < start + 4) return;
      const end = start + this.#unread.readUInt32BE(start);
      if (this.#unread.length < end) return;
      const message = this.#unread.subarray(0, end);
      this.#unread = this.#unread.subarray(end);
      if (this.#started) this.#judge(message);
      this.#started = true;
      if (this.#fault === 'cut') this.end();
      else if (this.#fault !== 'hang') this.#database.write(message);
    }
  }

  #judge(message: Buffer): void {
    const kind = String.fromCharCode(message[0]!);
    const [first = '', second = ''] = message.toString('utf8', 5).split('\0', 2);
    if (kind === 'P') this.#statements.set(first, second);
    const text = kind === 'Q' ? first : kind === 'B' ? this.#statements.get(second) : undefined;
    if (text === undefined || this.#fault !== 'pass') return;
    this.#fault = this.#decide(text);
  }

  #fromDatabase(data: Buffer): void {
    if (this.#fault === 'pass') this.#client.write(data);
    // ReadyForQuery: what was asked for is done.
    else if (this.#fault === 'cut-answer' && data.at(-6) === 'Z'.charCodeAt(0)) this.end();
  }
}
