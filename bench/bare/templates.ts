/** What the bare server does for calls of templates: the statements that README.md lists, and an answer of the same fields. */
import { inflateRawSync } from 'node:zlib';
import type SQLite from 'better-sqlite3';
import { appending, inserting, newHash, newId, type Row, sampleRow, type Value } from './rows.ts';
import type { BareSettings } from './settings.ts';

/** What answers, checks and new entries need of a template. */
const HEAD = `
  select t.template_id, t.typ, t.version, t.title_key, t.category_id, t.archived_at, t.revision,
    e.internal_version, e.public_version, e.published_version, e.status, e.title, e.descrip, e.root_hash, e.root_id,
    e.metadata, e.author_id, e.authored_at, e.published_at, p.published_by as last_published_by,
    l.locked_at, l.last_activity_at, k.token_id as lock_token_id, u.user_id as lock_user_id, u.email as lock_user_email,
    u.name as lock_user_name, teams.config as team_config
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

const TREE = `
  with recursive tree(hash) as (
    select +?
    union
    select below.value from tree join step_nodes n on n.team_id = +? and n.hash = tree.hash join json_each(n.children) as below
  )
  select n.hash, n.body from tree join step_nodes n on n.team_id = +? and n.hash = tree.hash`;

/** Statements by what they do, prepared once. The pluses keep SQLite from planning them anew (store/sqlite.ts). */
const prepared = (db: SQLite.Database) => ({
  head: db.prepare(`${HEAD} and t.template_id = +?`),
  heads: db.prepare(`${HEAD} and t.template_id in (select value from json_each(+?))`),
  page: db
    .prepare(
      `select template_id from templates where team_id = +? and archived_at is null and typ in (0)
       order by title_key, template_id limit 50 offset +?`,
    )
    .pluck(),
  tree: db.prepare(TREE),
  team: db.prepare(`select teams.*, users.email as owner_email, users.name as owner_name
    from teams join users on users.user_id = teams.owner_id where team_id = +?`),
  tags: db.prepare(`select tt.*, tags.name from template_tags tt
    join tags on tags.team_id = tt.team_id and tags.tag_id = tt.tag_id where tt.team_id = +? and tt.template_id = +?`),
  token: db.prepare('select token_id from tokens where token_id = +?'),
  lock: db.prepare(`insert into template_locks (team_id, template_id, token_id, user_id, locked_at, last_activity_at)
    values (+?, +?, +?, +?, +?, +?)
    on conflict (team_id, template_id) do update set last_activity_at = excluded.last_activity_at
    where template_locks.token_id = excluded.token_id returning *`),
  touch: db.prepare(
    'update template_locks set last_activity_at = +? where team_id = +? and template_id = +? and token_id = +? returning *',
  ),
  edited: db.prepare(`update templates set version = +?, modified_at = +?, latest_authored_at = +?, revision = +?
    where team_id = +? and template_id = +? and revision = +?`),
  titled: db.prepare('update templates set title_key = +? where team_id = +? and template_id = +?'),
  greatest: db
    .prepare(
      'select max(public_version) from template_entries where team_id = +? and template_id = +? and public_version > 0',
    )
    .pluck(),
  definitions: db.prepare(
    'select * from metadata_definitions where team_id = +? and is_required = 1 and archived_at is null',
  ),
  published: db.prepare(`update templates set publish_count = publish_count + 1, published_internal_version = +?,
    modified_at = +?, latest_status = 'Published', revision = +? where team_id = +? and template_id = +? and revision = +?`),
  marked: db.prepare(`update template_entries set status = 'Published', public_version = +?, published_version = +?,
    published_by = +?, published_at = +? where team_id = +? and template_id = +? and internal_version = +?`),
  titles: db.prepare(`insert into step_titles (title, words, team_id)
    select value ->> 'title', value ->> 'words', +? from json_each(+?) where true on conflict do nothing`),
  node: inserting(db, 'step_nodes', 'on conflict do nothing'),
  nodes: db.prepare(`insert into step_nodes (team_id, hash, children, title_key, body)
    values (+?, +?, +?, +?, +?), (+?, +?, +?, +?, +?) on conflict do nothing`),
  template: inserting(db, 'templates'),
  entry: inserting(db, 'template_entries'),
  text: inserting(
    db,
    'template_texts',
    'on conflict (team_id, template_id) do update set search_key = excluded.search_key',
  ),
  event: appending(db),
});

const UNPUBLISHED = {
  status: 'Unpublished',
  public_version: 0,
  published_version: 0,
  published_by: null,
  published_at: null,
};

/** Rows as the server has written them. */
function samplesOf(db: SQLite.Database, { teamId, templateId, lockedId }: BareSettings) {
  const of = (table: string) => sampleRow(db, `${table} where team_id = ? and template_id = ?`, teamId, templateId);
  const entry = (version: number) =>
    sampleRow(db, 'template_entries where template_id = ? and internal_version = ?', templateId, version);
  const node = (hash: Value | undefined) => sampleRow(db, 'step_nodes where team_id = ? and hash = ?', teamId, hash!);
  const root = node(entry(2).root_hash);
  const event = (type: number) => sampleRow(db, 'events where template_id = ? and type = ?', templateId, type);
  return {
    template: of('templates'),
    first: entry(1),
    second: { ...entry(2), ...UNPUBLISHED },
    text: of('template_texts'),
    nodes: { empty: node(entry(1).root_hash), root, group: node(JSON.parse(String(root.children))[0]) },
    events: { created: event(1002), edited: event(1003), published: event(1006) },
    lock: sampleRow(db, 'template_locks where template_id = ?', lockedId),
    titles: JSON.stringify(db.prepare('select * from step_titles limit 20').all()),
  };
}

interface Body {
  readonly templateId: string;
}

export function templateRoutes(db: SQLite.Database, settings: BareSettings) {
  const { teamId, answers } = settings;
  const sql = prepared(db);
  const sample = samplesOf(db, settings);
  const headOf = (templateId: string) => sql.head.get(teamId, templateId) as Row;
  const lockOf = (templateId: string) => {
    const head = headOf(templateId);
    const lock = sql.touch.get(Date.now(), teamId, templateId, head.lock_token_id);
    if (!lock) throw new Error(`${templateId} is not locked`);
    return head;
  };
  const nodes = () => {
    const { root, group } = sample.nodes;
    const [one, other] = [newHash(), newHash()];
    const rest = (row: Row) => [row.title_key, row.body];
    sql.nodes.run(teamId, one, '[]', ...rest(group), teamId, other, JSON.stringify([one]), ...rest(root));
    return other;
  };
  /** The next entry of a template. @returns its number */
  const write = (head: Row, more: Row) => {
    const [now, version, revision] = [Date.now(), Number(head.version) + 1, Number(head.revision)];
    const { template_id } = head;
    sql.edited.run(version, now, now, revision + 1, teamId, template_id, revision);
    if (more.title) sql.titled.run(String(more.title).toLowerCase(), teamId, template_id);
    sql.entry({
      ...sample.second,
      root_id: head.root_id!,
      template_id: template_id!,
      internal_version: version,
      authored_at: now,
      ...more,
    });
    sql.event({ ...sample.events.edited, template_id: template_id!, at: now });
    return version;
  };
  const around = (templateId: string) => {
    sql.team.get(teamId);
    sql.tags.all(teamId, templateId);
  };
  const treeOf = (rootHash: Value | undefined) => {
    const rows = sql.tree.all(rootHash, teamId, teamId) as { hash: string; body: Buffer }[];
    const groups = new Map(rows.map(({ hash, body }) => [hash, JSON.parse(inflateRawSync(body).toString())]));
    const whole = (hash: string): object => {
      const { children, ...group } = groups.get(hash);
      return {
        ...group,
        children: children.map((child: { group?: string }) => (child.group ? whole(child.group) : child)),
      };
    };
    return whole(String(rootHash));
  };
  const headAnswer = (head: Row) => ({
    ...answers.head,
    id: head.template_id,
    title: head.title,
    internalVersion: head.internal_version,
    publicVersion: head.public_version,
    lastAuthoredAt: head.authored_at,
    locked:
      head.locked_at === null
        ? undefined
        : { ...answers.lock, lockedAt: head.locked_at, lastActivityAt: head.last_activity_at },
  });
  return {
    writes: {
      create({ title }: { title: string }) {
        sql.team.get(teamId);
        const [template_id, root_hash, at] = [newId(), newHash(), Date.now()];
        sql.node({ ...sample.nodes.empty, hash: root_hash });
        const head = {
          template_id,
          version: 1,
          publish_count: 0,
          published_internal_version: null,
          latest_status: 'Unpublished',
          revision: 1,
        };
        sql.template({ ...sample.template, ...head, created_at: at, modified_at: at });
        sql.entry({ ...sample.first, template_id, title, root_hash, authored_at: at });
        sql.text({ ...sample.text, template_id });
        sql.event({ ...sample.events.created, template_id, at });
        return { ...answers.create, id: template_id, title };
      },
      acquireLock({ templateId }: Body) {
        headOf(templateId);
        const { token_id, user_id } = sample.lock;
        sql.token.get(token_id);
        const { locked_at, last_activity_at } = sql.lock.get(
          teamId,
          templateId,
          token_id,
          user_id,
          Date.now(),
          Date.now(),
        ) as Row;
        return { ...answers.lock, lockedAt: locked_at, lastActivityAt: last_activity_at };
      },
      updateStepGroup({ templateId, stepGroup }: Body & { stepGroup: object }) {
        const head = lockOf(templateId);
        const version = write(head, { root_hash: nodes() });
        around(templateId);
        return { ...answers.template, id: templateId, title: head.title, version, stepGroup };
      },
      addStep({ templateId, step }: Body & { step: object }) {
        const head = lockOf(templateId);
        const internalVersion = write(head, { root_hash: nodes() });
        const {
          children: [group],
          ...root
        } = answers.modular.stepGroup as { children: [{ children: object[] }] };
        const children = group.children.with(0, step);
        const stepGroup = { ...root, children: [{ ...group, children }] };
        return { ...answers.modular, id: templateId, title: head.title, internalVersion, stepGroup };
      },
      update({ templateId, title }: Body & { title: string }) {
        const head = lockOf(templateId);
        const version = write(head, { root_hash: head.root_hash!, title });
        sql.text({ ...sample.text, template_id: templateId });
        around(templateId);
        return { ...answers.template, id: templateId, title, version };
      },
      publish({ templateId }: Body) {
        const head = headOf(templateId);
        const publicVersion = Number(sql.greatest.get(teamId, templateId)) + 1;
        sql.definitions.all(teamId);
        const [version, now, revision] = [head.internal_version, Date.now(), Number(head.revision)];
        sql.published.run(version, now, revision + 1, teamId, templateId, revision);
        sql.marked.run(publicVersion, publicVersion, head.author_id, now, teamId, templateId, version);
        sql.event({ ...sample.events.published, template_id: templateId, at: now });
        sql.titles.run(teamId, sample.titles);
        around(templateId);
        return { ...answers.template, id: templateId, title: head.title, version, publicVersion };
      },
    },
    reads: {
      ping: () => ({}),
      fetch({ templateId }: Body) {
        const head = headOf(templateId);
        return { [templateId]: { template: { ...headAnswer(head), stepGroup: treeOf(head.root_hash) } } };
      },
      get({ templateId }: Body) {
        const head = headOf(templateId);
        const { title, internal_version: version } = head;
        around(templateId);
        return { ...answers.template, id: templateId, title, version, stepGroup: treeOf(head.root_hash) };
      },
      query({ skip }: { skip: number }) {
        const ids = sql.page.all(teamId, skip);
        return { templates: (sql.heads.all(teamId, JSON.stringify(ids)) as Row[]).map(headAnswer) };
      },
    },
  };
}
