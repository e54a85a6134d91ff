/**
 * A server in a process of its own that is treated badly, and is looked at from outside meanwhile: it lives, answers others at once,
 * finds no fault of its own, and gives back the memory and the descriptors that it took.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { TestHttp } from '../../support/http.ts';
import { type ServerProcess, serve } from '../../support/process.ts';
import { ADMIN } from '../../support/server.ts';
import { args, binary, decoded, framed, message, type ProtocolClass, RawConnection, resultIn } from '../raw.ts';
import { call, LIST, notations, STRING, STRUCT, within } from './bytes.ts';
import { Watch } from './watch.ts';

const MB = 1024 * 1024;
const MOST_KEPT_MB = 64;
const MOST_WAITED_MS = 100;
/** A busy machine is slow once; a server that is held up is so each time. */
const ATTEMPTS = 5;
const SETTLED_WITHIN_MS = 20_000;

interface Resources {
  readonly megabytes: number;
  /** What they lead to. */
  readonly descriptors: readonly string[];
}

export class Victim {
  readonly address: { readonly host: string; readonly port: number };
  readonly http: TestHttp;
  token = '';
  readonly #server: ServerProcess;
  readonly #database: TestDatabase;
  #watch!: Watch;

  private constructor(server: ServerProcess, database: TestDatabase) {
    this.#server = server;
    this.#database = database;
    this.address = server.address;
    this.http = new TestHttp(server.address);
  }

  /** @param env of the server: its limits */
  static async start(env: Record<string, string> = {}): Promise<Victim> {
    const database = await freshDatabase();
    const admin = { JOBWRIGHT_ADMIN_EMAIL: ADMIN.email, JOBWRIGHT_ADMIN_PASSWORD: ADMIN.password };
    // Whoever watches shows no token.
    const watched = { JOBWRIGHT_LOGIN_SECONDS: '3600' };
    const victim = new Victim(await serve(database.settings, { ...admin, ...watched, ...env }), database);
    victim.token = await victim.#logIn();
    await victim.#warmUp();
    victim.#watch = await Watch.start(victim.address.port);
    return victim;
  }

  /** Passes when it ends of itself, and has counted no fault. */
  async stop(): Promise<void> {
    const faults = (await this.http.text('/metrics')).split('\n').filter(line => line.includes('"internal-error"'));
    await this.#watch.stop();
    const ended = await this.#server.end('SIGTERM');
    await this.#database.drop();
    expect(faults).toEqual([]);
    expect(ended).toEqual({ exitCode: 0, signal: null });
  }

  open(): Promise<RawConnection> {
    return RawConnection.open(this.address);
  }

  /** A connection whose calls are listened to. */
  async loggedIn(protocol: ProtocolClass = binary): Promise<RawConnection> {
    const raw = await this.open();
    const authenticate = args('AuthenticationService', 'authenticate', { token: this.token });
    raw.send(framed(message('AuthenticationService:authenticate', authenticate, { protocol })));
    expect(decoded(await raw.answer(), protocol).kind).toBe('reply');
    return raw;
  }

  /** Passes when the server withstands this, and nobody else has to wait for it: longer than it waited for the machine itself. */
  async withstands(attack: () => Promise<unknown>): Promise<void> {
    const before = this.#resources();
    const waited: number[] = [];
    do {
      const waitedBefore = this.#waitedForProcessor();
      const { failed, pings, slowest } = await this.#watch.during(attack);
      expect({ failed, pings }).toEqual({ failed: undefined, pings: expect.any(Number) });
      waited.push(Math.round(slowest - (this.#waitedForProcessor() - waitedBefore)));
    } while (waited.at(-1)! >= MOST_WAITED_MS && waited.length < ATTEMPTS);
    if (waited.at(-1)! >= MOST_WAITED_MS)
      throw new Error(`pings waited for ${waited.join(', ')} ms; expected less than ${MOST_WAITED_MS}`);
    if (await this.#returnsTo(before)) return;
    // A heap that was needed once is kept for the next time; what leaks grows each time.
    const kept = { ...this.#resources(), descriptors: before.descriptors };
    await attack();
    if (!(await this.#returnsTo(kept)))
      throw new Error(`kept ${kept.megabytes - before.megabytes} MB, then more: ${JSON.stringify(this.#resources())}`);
  }

  /** Memory comes back when garbage is collected, for which there must be some work. */
  async #returnsTo(before: Resources): Promise<boolean> {
    const until = performance.now() + SETTLED_WITHIN_MS;
    const isBack = ({ megabytes, descriptors }: Resources) =>
      megabytes <= before.megabytes + MOST_KEPT_MB && descriptors.length <= before.descriptors.length;
    let now = this.#resources();
    while (!isBack(now) && performance.now() < until) {
      await this.#pings(5000);
      await pause(50);
      now = this.#resources();
    }
    return isBack(now);
  }

  async #pings(count: number): Promise<void> {
    const raw = await this.open();
    const ping = framed(message('AuthenticationService:ping'));
    raw.send(Buffer.concat(Array.from({ length: count }, () => ping)));
    for (let n = 0; n < count; n++) expect(decoded(await raw.answer()).kind).toBe('reply');
    raw.close();
  }

  async #logIn(): Promise<string> {
    const raw = await this.open();
    const login = args('AuthenticationService', 'login', { email: ADMIN.email, password: ADMIN.password, options: {} });
    raw.send(framed(message('AuthenticationService:login', login)));
    const { success } = resultIn('AuthenticationService', decoded(await raw.answer()));
    raw.close();
    return (success as { authToken: string }).authToken;
  }

  /** What a server takes for large messages that are good it may keep. */
  async #warmUp(): Promise<void> {
    for (const notation of notations) {
      const raw = await this.open();
      const elements = within([notation.list(STRUCT, 90_000)], notation.repeated(notation.emptyStruct, 90_000));
      const large = framed(call(notation, 'AuthenticationService:ping', [LIST, 99], elements));
      for (let n = 0; n < 20; n++) {
        raw.send(large);
        expect(decoded(await raw.answer(), notation.stock).kind).toBe('reply');
      }
      raw.close();
    }
    const raw = await this.open();
    const text = Buffer.concat([notations[0]!.textLength(7 * MB), Buffer.alloc(7 * MB, 'x')]);
    for (let n = 0; n < 5; n++) {
      raw.send(framed(call(notations[0]!, 'AuthenticationService:ping', [STRING, 99], text)));
      expect(decoded(await raw.answer()).kind).toBe('reply');
    }
    raw.close();
    // And it opens what it has to ask the database with.
    for (const caller of await Promise.all(Array.from({ length: 20 }, () => this.loggedIn()))) {
      const fetch = args('JobTemplateService', 'fetch', { templateIds: [] });
      caller.send(framed(message('TeamService:index')), framed(message('JobTemplateService:fetch', fetch)));
      for (let n = 0; n < 2; n++) expect(decoded(await caller.answer()).kind).toBe('reply');
      caller.close();
    }
    await this.http.text('/metrics');
    await this.#pings(2000);
  }

  /** Milliseconds for which the server could have run and the machine ran something else. */
  #waitedForProcessor(): number {
    const threads = readdirSync(`/proc/${this.#server.pid}/task`);
    const nanoseconds = readFileSync(`/proc/${this.#server.pid}/task/${threads[0]}/schedstat`, 'latin1').split(' ')[1];
    return Number(nanoseconds) / 1e6;
  }

  #resources(): Resources {
    const { pid } = this.#server;
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const toDatabase = this.#toDatabase();
    return {
      megabytes: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024),
      descriptors: readdirSync(`/proc/${pid}/fd`)
        .map(name => linkAt(`/proc/${pid}/fd/${name}`))
        .filter(descriptor => !toDatabase.has(descriptor)),
    };
  }

  /** The pool of connections has a bound of its own, and opens and closes them when they are asked for and idle for a while. */
  #toDatabase(): ReadonlySet<string> {
    const { settings } = this.#database;
    return settings.engine === 'postgres'
      ? socketsTo(Number(new URL(settings.url).port || 5432), this.#server.pid)
      : new Set();
  }
}

/** Those of a process that lead to a port, as its descriptors are named; of the columns of proc(5)'s net/tcp. */
function socketsTo(port: number, pid: number): ReadonlySet<string> {
  const rows = ['tcp', 'tcp6'].flatMap(kind =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'latin1').trim().split('\n').slice(1),
  );
  return new Set(
    rows
      .map(row => row.trim().split(/\s+/))
      .filter(([, , remote]) => Number.parseInt(remote!.split(':')[1]!, 16) === port)
      .map(columns => `socket:[${columns[9]}]`),
  );
}

/** What a descriptor leads to; one may be closed while it is looked at. */
function linkAt(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return 'closed';
  }
}
