/** What the two doors of the store hand out: one reader, or one transactor, per aggregate, all in one snapshot or transaction. */
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

export class Reader {
  readonly people: PeopleReader;
  readonly templates: TemplateReader;
  readonly library: LibraryReader;
  readonly trees: TreeReader;
  readonly jobs: JobReader;
  readonly holds: HoldReader;
  readonly jobQueries: JobQueryReader;
  readonly properties: PropertyReader;
  readonly files: FileReader;
  readonly documents: DocumentReader;
  readonly attachments: AttachmentReader;
  readonly locations: LocationReader;
  readonly tags: TagReader;
  readonly groups: GroupReader;
  readonly tokens: TokenReader;
  readonly logins: LoginReader;
  readonly users: UserReader;
  readonly audit: AuditReader;
  readonly attributes: AttributeReader;
  readonly headers: HeaderReader;
  readonly sheets: SheetReader;
  readonly metadata: MetadataReader;
  readonly webhooks: WebhookReader;
  readonly events: EventReader;
  readonly runs: RunReader;
  readonly jobLists: JobListReader;
  readonly comments: CommentReader;
  readonly eventWebhooks: EventWebhookReader;

  constructor(db: Kysely<Database>, engine: Engine, cache: TreeCache) {
    this.people = new PeopleReader(db, engine);
    this.templates = new TemplateReader(db, engine);
    this.library = new LibraryReader(db, engine);
    this.trees = new TreeReader(db, engine, cache);
    this.jobs = new JobReader(db, engine);
    this.holds = new HoldReader(db, engine);
    this.jobQueries = new JobQueryReader(db, engine);
    this.properties = new PropertyReader(db, engine);
    this.files = new FileReader(db, engine);
    this.documents = new DocumentReader(db, engine);
    this.locations = new LocationReader(db, engine);
    this.attachments = new AttachmentReader(db, engine);
    this.tags = new TagReader(db, engine);
    this.groups = new GroupReader(db, engine);
    this.tokens = new TokenReader(db, engine);
    this.logins = new LoginReader(db, engine);
    this.users = new UserReader(db, engine);
    this.audit = new AuditReader(db, engine);
    this.attributes = new AttributeReader(db, engine);
    this.headers = new HeaderReader(db, engine);
    this.sheets = new SheetReader(db, engine);
    this.metadata = new MetadataReader(db, engine);
    this.webhooks = new WebhookReader(db, engine);
    this.events = new EventReader(db, engine);
    this.runs = new RunReader(db, engine);
    this.jobLists = new JobListReader(db, engine);
    this.comments = new CommentReader(db);
    this.eventWebhooks = new EventWebhookReader(db, engine);
  }
}

/** What happens after commits, outside of the database. */
export interface Effects {
  readonly forgetCallers: () => void;
  readonly wakeWorkers: () => void;
  readonly eventsWritten: (teamId: string) => void;
}

export class Transactor extends Reader {
  override readonly people: PeopleTransactor;
  override readonly templates: TemplateTransactor;
  override readonly library: LibraryTransactor;
  readonly locks: LockTransactor;
  readonly parents: ParentTransactor;
  override readonly trees: TreeTransactor;
  override readonly jobs: JobTransactor;
  readonly jobLocks: JobLocks;
  override readonly holds: HoldTransactor;
  readonly jobTexts: JobTextTransactor;
  override readonly properties: PropertyTransactor;
  override readonly files: FileTransactor;
  override readonly documents: DocumentTransactor;
  override readonly attachments: AttachmentTransactor;
  override readonly locations: LocationTransactor;
  override readonly tags: TagTransactor;
  override readonly groups: GroupTransactor;
  override readonly tokens: TokenTransactor;
  override readonly logins: LoginTransactor;
  override readonly users: UserTransactor;
  override readonly audit: AuditTransactor;
  override readonly attributes: AttributeTransactor;
  override readonly headers: HeaderTransactor;
  override readonly sheets: SheetTransactor;
  override readonly metadata: MetadataTransactor;
  override readonly webhooks: WebhookTransactor;
  override readonly events: EventTransactor;
  override readonly runs: RunTransactor;
  override readonly jobLists: JobListTransactor;
  override readonly comments: CommentTransactor;
  override readonly eventWebhooks: EventWebhookTransactor;
  readonly #effects = new Set<() => void>();

  /** Something was queued: whoever works it off looks after the commit. */
  readonly wakeWorkers: () => void;

  constructor(db: Kysely<Database>, engine: Engine, cache: TreeCache, effects: Effects) {
    super(db, engine, cache);
    const callersChanged = () => this.onCommit(effects.forgetCallers);
    this.people = new PeopleTransactor(db, engine, callersChanged);
    this.templates = new TemplateTransactor(db, engine);
    this.library = new LibraryTransactor(db, engine);
    this.locks = new LockTransactor(db, engine);
    this.parents = new ParentTransactor(db, engine);
    this.trees = new TreeTransactor(db, engine, cache, effect => this.onCommit(effect));
    this.jobs = new JobTransactor(db, engine);
    this.jobLocks = new JobLocks(db, engine);
    this.holds = new HoldTransactor(db, engine);
    this.jobTexts = new JobTextTransactor(db, engine);
    this.properties = new PropertyTransactor(db, engine);
    this.files = new FileTransactor(db, engine);
    this.documents = new DocumentTransactor(db, engine);
    this.locations = new LocationTransactor(db, engine);
    this.attachments = new AttachmentTransactor(db, engine);
    this.tags = new TagTransactor(db, engine);
    this.groups = new GroupTransactor(db, engine, callersChanged);
    this.tokens = new TokenTransactor(db, engine, callersChanged);
    this.logins = new LoginTransactor(db, engine);
    this.users = new UserTransactor(db, engine, callersChanged);
    this.audit = new AuditTransactor(db, engine);
    this.attributes = new AttributeTransactor(db, engine);
    this.headers = new HeaderTransactor(db, engine);
    this.sheets = new SheetTransactor(db, engine);
    this.metadata = new MetadataTransactor(db, engine);
    this.webhooks = new WebhookTransactor(db, engine);
    const teamsTold = new Set<string>();
    const tell = () => {
      for (const teamId of teamsTold) effects.eventsWritten(teamId);
    };
    this.events = new EventTransactor(db, engine, teamId => {
      teamsTold.add(teamId);
      this.onCommit(tell);
    });
    this.runs = new RunTransactor(db, engine, () => this.onCommit(effects.wakeWorkers));
    this.jobLists = new JobListTransactor(db, engine);
    this.comments = new CommentTransactor(db);
    this.eventWebhooks = new EventWebhookTransactor(db, engine);
    this.wakeWorkers = () => this.onCommit(effects.wakeWorkers);
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
