/**
 * A bare better-sqlite3 that reads and writes what templates' calls do, in a copy of the server's database: the same rows by the same
 * keys, one transaction for one call, prepared once (and, by the pluses, planned once: store/sqlite.ts), with nothing around it. Beside it the rates of calls can be judged.
 */
import { randomBytes } from 'node:crypto';
import SQLite from 'better-sqlite3';
import { measure } from './measure.ts';

/** Per second. */
export interface BareTemplates {
  readonly fetches: number;
  readonly edits: number;
  readonly publications: number;
  readonly queries: number;
}

const TEMPLATE = `
  select t.*, e.*, p.published_by as publisher, p.published_at as moment, p.public_version as last_version, k.token_id, u.name, teams.config
  from templates t
  join template_entries e
    on e.team_id = t.team_id and e.template_id = t.template_id and e.internal_version = t.version
  left join template_entries p
    on p.team_id = t.team_id and p.template_id = t.template_id and p.internal_version = t.published_internal_version
  left join template_locks l on l.team_id = t.team_id and l.template_id = t.template_id
  left join tokens k on k.token_id = l.token_id
  left join users u on u.user_id = k.user_id
  join teams on teams.team_id = t.team_id
  where t.team_id = +?`;

const ONE = 'team_id = +:team_id and template_id = +:template_id';

/** Statements by what they do. */
const prepared = (db: SQLite.Database) => ({
  one: db.prepare(`${TEMPLATE} and t.template_id = +?`),
  several: db.prepare(`${TEMPLATE} and t.template_id in (select value from json_each(+?))`),
  find: db
    .prepare(
      'select template_id from templates where team_id = +? and archived_at is null and typ in (1) order by title_key, template_id limit +? offset +?',
    )
    .pluck(),
  touch: db.prepare(`update template_locks set last_activity_at = last_activity_at + 1 where ${ONE} returning *`),
  node: db.prepare('insert into step_nodes (team_id, hash, children, title_key, body) values (?, ?, ?, ?, ?)'),
  bodies: db.prepare('select length(body) from step_nodes order by rowid desc limit 2').pluck(),
  edited: db.prepare(`update templates set version = version + 1, revision = revision + 1 where ${ONE}`),
  greatest: db.prepare(`select max(public_version) from template_entries where ${ONE} and public_version > 0`),
  published: db.prepare(
    `update templates set publish_count = publish_count + 1, revision = revision + 1, latest_status = 'Published' where ${ONE}`,
  ),
  marked: db.prepare(
    `update template_entries set status = 'Published', public_version = :number, published_version = :number
     where ${ONE} and internal_version = +:internal_version`,
  ),
});

type Template = Readonly<Record<string, string | number>>;

/** @param file of a server: it is copied, and left as it is */
export async function bareTemplates(file: string, copy: string, teamId: string, templateId: string) {
  const server = new SQLite(file, { readonly: true });
  server.exec(`vacuum into '${copy}'`);
  server.close();
  const db = new SQLite(copy);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('wal_autocheckpoint = 10000');
  const bare = prepared(db);
  const read = () => bare.one.get(teamId, templateId) as Template;
  const insert = db.prepare(insertOf(db, 'template_entries'));
  const sizes = bare.bodies.all() as number[];
  const edit = db.transaction(() => {
    const template = read();
    bare.touch.get(template);
    for (const size of sizes)
      bare.node.run(teamId, randomBytes(32).toString('hex'), '[]', 'group', Buffer.alloc(size, 7));
    bare.edited.run(template);
    const internal_version = Number(template.internal_version) + 1;
    insert.run({ ...template, internal_version, public_version: 0, published_version: 0 });
  });
  let published = 1_000_000;
  const publish = db.transaction(() => {
    const template = read();
    bare.greatest.get(template);
    bare.published.run(template);
    bare.marked.run({ ...template, number: ++published });
  });
  let asked = 0;
  const query = db.transaction(() => {
    const ids = bare.find.all(teamId, 50, 50 * (asked++ % 100));
    bare.several.all(teamId, JSON.stringify(ids));
  });
  const perSecond = async (calls: number, act: () => unknown) => (await measure(1, calls, async () => act())).perSecond;
  const rates = {
    fetches: await perSecond(5000, read),
    edits: await perSecond(500, () => edit.immediate()),
    publications: await perSecond(500, () => publish.immediate()),
    queries: await perSecond(500, query),
  };
  db.close();
  return rates satisfies BareTemplates;
}

/** The insert of a whole row, each column by its name. */
function insertOf(db: SQLite.Database, table: string): string {
  const columns = (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
  return `insert into ${table} (${columns.join(', ')}) values (${columns.map(name => `:${name}`).join(', ')})`;
}
