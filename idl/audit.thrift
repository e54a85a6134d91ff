/**
 * The audit trail: who did what to whom in a team. Entries are only ever added: the database refuses to change or delete one.
 */

namespace js jobwright.audit
namespace java io.jobwright.audit
namespace py jobwright.audit
namespace go jobwright.audit
namespace cpp jobwright.audit
namespace netstd Jobwright.Audit
namespace php Jobwright.Audit
namespace rb Jobwright.Audit
namespace perl Jobwright.Audit
namespace rs jobwright.audit

include "common.thrift"

/** Entries in one answer when AuditWhereOpts.size is unset. */
const i32 DEFAULT_AUDIT_SIZE = 100

/** One act. */
struct AuditEvent {
  /** Id. Later entries have greater ids. */
  1: string id;
  /** When, in Unix seconds. */
  2: common.TimeInSecs at;
  /** Who: the id of a user, or "command-line" for an act of the server's owner by the command line. */
  3: string actorId;
  /** The name of that user now. */
  4: string actorName;
  /** What, e.g. "member.added". */
  5: string action;
  /** To whom or what: an id of the kind that the action is about. */
  6: string subjectId;
  /** Facts about it by name; what is not a text is written as JSON. Never a secret. */
  7: map<string, string> details;
}

/** Which entries. All conditions that are set must hold. */
struct AuditWhereOpts {
  /** By this actor. */
  1: optional string actorId;
  /** To this subject. */
  2: optional string subjectId;
  /** This action; with a "." at the end all that begin so, e.g. "member.". */
  3: optional string action;
  /** At or after this time, Unix seconds. */
  4: optional common.TimeInSecs since;
  /** Before this time, Unix seconds. */
  5: optional common.TimeInSecs earlierThan;
  /** Older than the entry with this id: AuditPage.nextBefore of the answer before. */
  6: optional string before;
  /** Entries at most, 1 to MAX_PAGE_SIZE. Unset = DEFAULT_AUDIT_SIZE. */
  7: optional i32 size;
}

/** Entries, newest first. */
struct AuditPage {
  /** The entries. */
  1: list<AuditEvent> events;
  /** What to send as AuditWhereOpts.before for the entries behind these. Unset = there are none. */
  2: optional string nextBefore;
}

/** Jobwright extension: reading the audit trail. HTTP: /api/audit. */
service AuditService {
  /**
   * Returns entries of a team's trail, newest first. New entries do not move those that are read page by page.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  AuditPage query(
    1: string teamId,
    2: AuditWhereOpts whereOpts
  ) throws (1: common.SystemException err)
}
