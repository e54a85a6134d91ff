/**
 * The lock of a template: one holder, and the holder is a token, not a user. It lives until releaseLock, forceAcquireLock by
 * another, or the end of the token.
 */
import { NotificationType } from '#gen/notifications_types';
import { InvalidToken, LockedByOther, type LockHolding } from '../base/errors.ts';
import type { Transactor } from '../store/database.ts';
import { OvertakenByWriter } from '../store/overtaken.ts';
import type { Row } from '../store/schema.ts';
import type { TemplateRow } from '../store/templates.ts';
import type { Act } from './act.ts';
import { audit } from './audit.ts';
import { notLocked } from './authoring.ts';
import { refuseFixedContent } from './editable.ts';
import { emitOne } from './events.ts';

/** Takes the lock, or refreshes it when the token holds it already. @throws LockedByOther with who holds it */
export async function acquireLock(tx: Transactor, act: Act, template: TemplateRow): Promise<LockHolding> {
  await requireFree(tx, act, template);
  const lock = await tx.locks.acquireLock(wanted(act, template));
  if (lock) return holding(act, lock);
  const other = await tx.locks.lockHolding(template.team_id, template.template_id, act.now);
  // Released between the two statements: the next attempt takes it.
  if (!other) throw new OvertakenByWriter();
  throw new LockedByOther(
    `${other.holder.name} is editing this template; wait for releaseLock, or take the lock with forceAcquireLock`,
    other,
  );
}

/** Takes the lock whoever holds it, and leaves a trace of whom it was taken from. */
export async function forceAcquireLock(
  tx: Transactor,
  act: Act,
  template: TemplateRow,
): Promise<{ current: LockHolding; previous: LockHolding | undefined }> {
  await requireFree(tx, act, template);
  const held = await tx.locks.lockHolding(template.team_id, template.template_id, act.now);
  const previous = held?.tokenId === act.caller.tokenId ? undefined : held;
  const lock = await tx.locks.acquireLock(wanted(act, template), previous?.tokenId);
  // Somebody took it since it was read: the next attempt takes it from them.
  if (!lock) throw new OvertakenByWriter();
  if (previous) {
    const details = { previousHolder: previous.holder.id, lockedAt: previous.lockedAt };
    await audit(tx, act, template.team_id, 'template.lock.forced', template.template_id, details);
    await emitOne(tx, act, template, NotificationType.TemplateLockBroken, { recipients: [previous.holder.id] });
  }
  return { current: holding(act, lock), previous };
}

/** @throws TemplateNotLocked (600) when the token does not hold the lock */
export async function releaseLock(tx: Transactor, act: Act, { team_id, template_id }: TemplateRow): Promise<void> {
  if (await tx.locks.deleteLock(team_id, template_id, act.caller.tokenId)) return;
  throw await notLocked(tx, act, team_id, template_id);
}

/** @throws ResourceArchived (601), NotAllowed (550), WrongState (413) where content is fixed; InvalidToken (497) */
async function requireFree(tx: Transactor, act: Act, template: TemplateRow): Promise<void> {
  refuseFixedContent(template);
  await tx.templates.keepHead(template);
  await requireLiveToken(tx, act);
}

/** A token may have ended since the call began, and a lock lives by its token. @throws InvalidToken (497) */
async function requireLiveToken(tx: Transactor, { caller }: Act): Promise<void> {
  if (await tx.tokens.keepToken(caller.tokenId)) return;
  throw new InvalidToken('invalid-token', 'the token was revoked meanwhile; log in again');
}

const wanted = (act: Act, { team_id, template_id }: TemplateRow): Row<'template_locks'> => ({
  team_id,
  template_id,
  token_id: act.caller.tokenId,
  user_id: act.caller.userId,
  locked_at: act.now,
  last_activity_at: act.now,
});

const holding = ({ caller }: Act, lock: Row<'template_locks'>): LockHolding => ({
  tokenId: lock.token_id,
  holder: { id: caller.userId, email: caller.email, name: caller.name, createdAt: caller.createdAt },
  lockedAt: lock.locked_at,
  lastActivityAt: lock.last_activity_at,
});
