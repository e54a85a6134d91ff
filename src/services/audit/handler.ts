/** AuditService: reading the trail of a team, which its administrators may. */
import type { AuditEvent, AuditPage, AuditWhereOpts } from '#gen/audit_types';
import { DEFAULT_AUDIT_SIZE } from '#gen/audit_types';
import { MAX_PAGE_SIZE } from '#gen/common_types';
import { toSeconds } from '../../base/clock.ts';
import { BadRequest } from '../../base/errors.ts';
import { requirePrivilege } from '../../domain/privileges.ts';
import type { AuditFilter } from '../../store/audit.ts';
import type { Store } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';

export class AuditHandler implements Handler<'AuditService'> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  query(call: Call, teamId: string, whereOpts: AuditWhereOpts): Promise<AuditPage> {
    const size = checkedSize(whereOpts.size);
    requirePrivilege(call.caller, teamId, 'adminBasic');
    return this.#store.read(async reader => {
      const found = await reader.audit.events(teamId, filterOf(whereOpts), size + 1);
      const events = found.slice(0, size);
      const actors = events.length > 0 ? await reader.people.users([...new Set(events.map(row => row.actor_id))]) : [];
      const names = new Map(actors.map(actor => [actor.user_id, actor.name]));
      const next = found.length > size ? { nextBefore: events.at(-1)!.audit_id } : {};
      return { events: events.map(event => toAuditEvent(event, names)), ...next };
    });
  }
}

function checkedSize(size: number | null | undefined): number {
  if (size == null) return DEFAULT_AUDIT_SIZE;
  if (size >= 1 && size <= MAX_PAGE_SIZE) return size;
  throw new BadRequest('invalid-argument', `whereOpts.size: ${size}; expected 1 to ${MAX_PAGE_SIZE}`, {
    'whereOpts.size': String(size),
  });
}

function filterOf({ actorId, subjectId, action, since, earlierThan, before }: AuditWhereOpts): AuditFilter {
  const isPrefix = action?.endsWith('.') ?? false;
  return {
    actorId: actorId ?? undefined,
    subjectId: subjectId ?? undefined,
    action: isPrefix ? undefined : (action ?? undefined),
    actionPrefix: isPrefix ? action!.slice(0, -1) : undefined,
    since: since == null ? undefined : since * 1000,
    until: earlierThan == null ? undefined : earlierThan * 1000,
    before: before ?? undefined,
  };
}

const toAuditEvent = (event: Row<'audit_events'>, names: ReadonlyMap<string, string>): AuditEvent => ({
  id: event.audit_id,
  at: toSeconds(event.at),
  actorId: event.actor_id,
  actorName: names.get(event.actor_id) ?? event.actor_id,
  action: event.action,
  subjectId: event.subject_id,
  details: Object.fromEntries(
    Object.entries(JSON.parse(event.details) as Record<string, unknown>).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ),
});
