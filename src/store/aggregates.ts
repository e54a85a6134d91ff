/**
 * What the two doors of the store hand out: one reader, or one transactor, per aggregate, all in one snapshot or transaction. Each is made
 * when it is first asked for: a call needs a few of them.
 */
import type { Kysely } from 'kysely';
import { AttachmentReader, AttachmentTransactor } from './attachments.ts';
import { AttributeReader, AttributeTransactor } from './attributes.ts';
import { AuditReader, AuditTransactor } from './audit.ts';
import { CommentReader, CommentTransactor } from './comments.ts';
import { DocumentReader, DocumentTransactor } from './documents.ts';
import type { Engine } from './engine.ts';
import { EventWebhookReader, EventWebhookTransactor } from './event-webhooks.ts';
import { EventReader, EventTransactor } from './events.ts';
import { FileReader, FileTransactor } from './files.ts';
import { GroupReader, GroupTransactor } from './groups.ts';
import { HeaderReader, HeaderTransactor } from './headers.ts';
import { HoldReader, HoldTransactor } from './holds.ts';
import { JobListReader, JobListTransactor } from './job-lists.ts';
import { JobLocks } from './job-locks.ts';
import { JobQueryReader } from './job-queries/queries.ts';
import { JobTextTransactor } from './job-texts.ts';
import { JobReader, JobTransactor } from './jobs.ts';
import { LibraryReader, LibraryTransactor } from './library.ts';
import { LocationReader, LocationTransactor } from './locations.ts';
import { LockTransactor } from './locks.ts';
import { LoginReader, LoginTransactor } from './logins.ts';
import { MetadataReader, MetadataTransactor } from './metadata.ts';
import { ParentTransactor } from './parents.ts';
import { PeopleReader, PeopleTransactor } from './people.ts';
import { PropertyReader, PropertyTransactor } from './properties.ts';
import { RunReader, RunTransactor } from './runs.ts';
import type { Database } from './schema.ts';
import { SheetReader, SheetTransactor } from './sheets.ts';
import { TagReader, TagTransactor } from './tags.ts';
import { TemplateReader, TemplateTransactor } from './templates.ts';
import { TokenReader, TokenTransactor } from './tokens.ts';
import { type TreeCache, TreeReader, TreeTransactor } from './trees.ts';
import { UserReader, UserTransactor } from './users.ts';
import { WebhookReader, WebhookTransactor } from './webhooks.ts';

const readers = {
  people: (on: Reader) => new PeopleReader(on.db, on.engine),
  templates: (on: Reader) => new TemplateReader(on.db, on.engine),
  library: (on: Reader) => new LibraryReader(on.db, on.engine),
  trees: (on: Reader) => new TreeReader(on.db, on.engine, on.cache),
  jobs: (on: Reader) => new JobReader(on.db, on.engine),
  holds: (on: Reader) => new HoldReader(on.db, on.engine),
  jobQueries: (on: Reader) => new JobQueryReader(on.db, on.engine),
  properties: (on: Reader) => new PropertyReader(on.db, on.engine),
  files: (on: Reader) => new FileReader(on.db, on.engine),
  documents: (on: Reader) => new DocumentReader(on.db, on.engine),
  locations: (on: Reader) => new LocationReader(on.db, on.engine),
  attachments: (on: Reader) => new AttachmentReader(on.db, on.engine),
  tags: (on: Reader) => new TagReader(on.db, on.engine),
  groups: (on: Reader) => new GroupReader(on.db, on.engine),
  tokens: (on: Reader) => new TokenReader(on.db, on.engine),
  logins: (on: Reader) => new LoginReader(on.db, on.engine),
  users: (on: Reader) => new UserReader(on.db, on.engine),
  audit: (on: Reader) => new AuditReader(on.db, on.engine),
  attributes: (on: Reader) => new AttributeReader(on.db, on.engine),
  headers: (on: Reader) => new HeaderReader(on.db, on.engine),
  sheets: (on: Reader) => new SheetReader(on.db, on.engine),
  metadata: (on: Reader) => new MetadataReader(on.db, on.engine),
  webhooks: (on: Reader) => new WebhookReader(on.db, on.engine),
  events: (on: Reader) => new EventReader(on.db, on.engine),
  runs: (on: Reader) => new RunReader(on.db, on.engine),
  jobLists: (on: Reader) => new JobListReader(on.db, on.engine),
  comments: (on: Reader) => new CommentReader(on.db),
  eventWebhooks: (on: Reader) => new EventWebhookReader(on.db, on.engine),
};

const transactors = {
  people: (on: Transactor) => new PeopleTransactor(on.db, on.engine, on.callersChanged),
  templates: (on: Transactor) => new TemplateTransactor(on.db, on.engine),
  library: (on: Transactor) => new LibraryTransactor(on.db, on.engine),
  locks: (on: Transactor) => new LockTransactor(on.db, on.engine),
  parents: (on: Transactor) => new ParentTransactor(on.db, on.engine),
  trees: (on: Transactor) => new TreeTransactor(on.db, on.engine, on.cache, effect => on.onCommit(effect)),
  jobs: (on: Transactor) => new JobTransactor(on.db, on.engine),
  jobLocks: (on: Transactor) => new JobLocks(on.db, on.engine),
  holds: (on: Transactor) => new HoldTransactor(on.db, on.engine),
  jobTexts: (on: Transactor) => new JobTextTransactor(on.db, on.engine),
  properties: (on: Transactor) => new PropertyTransactor(on.db, on.engine),
  files: (on: Transactor) => new FileTransactor(on.db, on.engine),
  documents: (on: Transactor) => new DocumentTransactor(on.db, on.engine),
  locations: (on: Transactor) => new LocationTransactor(on.db, on.engine),
  attachments: (on: Transactor) => new AttachmentTransactor(on.db, on.engine),
  tags: (on: Transactor) => new TagTransactor(on.db, on.engine),
  groups: (on: Transactor) => new GroupTransactor(on.db, on.engine, on.callersChanged),
  tokens: (on: Transactor) => new TokenTransactor(on.db, on.engine, on.callersChanged),
  logins: (on: Transactor) => new LoginTransactor(on.db, on.engine),
  users: (on: Transactor) => new UserTransactor(on.db, on.engine, on.callersChanged),
  audit: (on: Transactor) => new AuditTransactor(on.db, on.engine),
  attributes: (on: Transactor) => new AttributeTransactor(on.db, on.engine),
  headers: (on: Transactor) => new HeaderTransactor(on.db, on.engine),
  sheets: (on: Transactor) => new SheetTransactor(on.db, on.engine),
  metadata: (on: Transactor) => new MetadataTransactor(on.db, on.engine),
  webhooks: (on: Transactor) => new WebhookTransactor(on.db, on.engine),
  events: (on: Transactor) => new EventTransactor(on.db, on.engine, teamId => on.eventsWritten(teamId)),
  runs: (on: Transactor) => new RunTransactor(on.db, on.engine, on.wakeWorkers),
  jobLists: (on: Transactor) => new JobListTransactor(on.db, on.engine),
  comments: (on: Transactor) => new CommentTransactor(on.db),
  eventWebhooks: (on: Transactor) => new EventWebhookTransactor(on.db, on.engine),
};

type Made<T extends object> = { readonly [K in keyof T]: T[K] extends (on: never) => infer R ? R : never };

/** Gives a class a property for each line of a table, made when it is first asked for. */
function lazily(prototype: object, table: Readonly<Record<string, (on: never) => unknown>>): void {
  for (const [name, make] of Object.entries(table)) {
    const kept = Symbol(name);
    Object.defineProperty(prototype, name, {
      get(this: Record<symbol, unknown>) {
        this[kept] ??= make(this as never);
        return this[kept];
      },
    });
  }
}

/** What all readers of one snapshot, or transactors of one transaction, work on. */
class Access {
  readonly db: Kysely<Database>;
  readonly engine: Engine;
  readonly cache: TreeCache;

  constructor(db: Kysely<Database>, engine: Engine, cache: TreeCache) {
    this.db = db;
    this.engine = engine;
    this.cache = cache;
  }
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `lazily` defines what the interface declares
export class Reader extends Access {}
export interface Reader extends Made<typeof readers> {}
lazily(Reader.prototype, readers);

/** What happens after commits, outside of the database. */
export interface Effects {
  readonly forgetCallers: () => void;
  readonly wakeWorkers: () => void;
  readonly eventsWritten: (teamId: string) => void;
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: as above
export class Transactor extends Access {
  readonly #effects = new Set<() => void>();
  readonly #teamsTold = new Set<string>();

  /** Something was queued: whoever works it off looks after the commit. */
  readonly wakeWorkers: () => void;
  /** Who may do what has changed. */
  readonly callersChanged: () => void;
  /** Events of this team were written. */
  readonly eventsWritten: (teamId: string) => void;

  constructor(db: Kysely<Database>, engine: Engine, cache: TreeCache, effects: Effects) {
    super(db, engine, cache);
    this.wakeWorkers = () => this.onCommit(effects.wakeWorkers);
    this.callersChanged = () => this.onCommit(effects.forgetCallers);
    const tell = () => {
      for (const teamId of this.#teamsTold) effects.eventsWritten(teamId);
    };
    this.eventsWritten = teamId => {
      this.#teamsTold.add(teamId);
      this.onCommit(tell);
    };
  }

  /** Runs after the commit, once, and never when the transaction fails. */
  onCommit(effect: () => void): void {
    this.#effects.add(effect);
  }

  /** For the store alone. */
  committed(): void {
    for (const effect of this.#effects) effect();
  }
}
export interface Transactor extends Omit<Made<typeof readers>, keyof typeof transactors>, Made<typeof transactors> {}
lazily(Transactor.prototype, { ...readers, ...transactors });
