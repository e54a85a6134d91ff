/**
 * Roles in jobs: who a step is for, and what its holders may do there.
 */

namespace js jobwright.job_role
namespace java io.jobwright.job_role
namespace py jobwright.job_role
namespace go jobwright.job_role
namespace cpp jobwright.job_role
namespace netstd Jobwright.JobRole
namespace php Jobwright.JobRole
namespace rb Jobwright.JobRole
namespace perl Jobwright.JobRole
namespace rs jobwright.job_role

include "common.thrift"

/** Roles that every team has. */
enum SystemRoleType {
  /** Who created the job. */
  JOB_CREATOR = 1,
  /** Who created the issue. */
  ISSUE_CREATOR = 2,
  /** Who may look on and not work. Only where TeamConfig.enableObserverRole. */
  OBSERVER = 200
}

/** What a role, or a user in a team, may do with jobs. */
struct JobPermissions {
  /** Jobwright extension: names of the privileges, e.g. "jobCreate". */
  1001: optional set<string> privileges;
}

/** Where a role can be used. Kept for wire compatibility; Jobwright restricts no role and never fills it. */
struct JobRoleRestriction {
}

/** A role. Assigned to a step, it counts as the group of its holders. */
struct JobRole {
  /** Id. */
  1: string id;
  /** Team that owns it. */
  2: string teamId;
  /** Name, unique in the team. Up to MAX_NAME_LENGTH characters. */
  3: string name;
  /** Description. */
  4: string descrip;
  /** Unix seconds; 0 = not archived. A template whose steps are assigned to an archived role cannot be cloned. */
  5: common.TimeInSecs archivedAt;
  /** true = every team has it, and it cannot be edited. */
  6: bool systemRole;
  /** Which one. Only with systemRole. */
  7: optional SystemRoleType systemRoleType;
  /** What its holders may do. */
  8: optional JobPermissions permissions;
  /** Where it can be used. Never filled. */
  9: optional JobRoleRestriction restriction;
}
