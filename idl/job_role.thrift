/**
 * Roles: who a step is for, and what its holders may do. Every team has ADMIN, AUTHOR, JOBCREATOR and EXECUTOR; a team makes its own
 * beside them.
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

/** What can be written of a role. */
struct JobRoleParams {
  /** Name, unique among the roles of the team ignoring case. Required by create; unset in update = unchanged. */
  1: optional string name;
  /** Description, up to MAX_DESCRIPTION_LENGTH characters. Unset = empty, or unchanged. */
  2: optional string descrip;
  /** What its holders may do. Unset = nothing, or unchanged. */
  3: optional JobPermissions permissions;
}

/**
 * Jobwright extension: a team's own roles. Their holders have the privileges of all their roles together, and may take the steps
 * that are assigned to one of them. Nobody gives or takes away a privilege that it does not have itself. HTTP: /api/roles.
 */
service RoleService {
  /**
   * Returns the names of all privileges that a role can have, sorted.
   *
   * Errors: none of its own
   */
  list<string> listPrivileges() throws (1: common.SystemException err)

  /**
   * Returns the roles of a team: the built-in ones (systemRole), then its own by name.
   *
   * Errors: team-not-found (404)
   */
  list<JobRole> index(
    1: string teamId,
    2: bool includeArchived
  ) throws (1: common.SystemException err)

  /**
   * Returns one of a team's own roles, archived or not.
   *
   * Errors: role-not-found (404)
   */
  JobRole get(
    1: string roleId
  ) throws (1: common.SystemException err)

  /**
   * Makes a role and returns it. A team has up to MAX_GROUPS_PER_TEAM of its own. A name that is taken is refused with the id of
   * the role that has it, so a call whose answer was lost can be repeated.
   *
   * Errors: team-not-found (404), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  JobRole create(
    1: string teamId,
    2: JobRoleParams params
  ) throws (1: common.SystemException err)

  /**
   * Changes what is set in params and returns the role.
   *
   * Errors: role-not-found (404), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  JobRole update(
    1: string roleId,
    2: JobRoleParams params
  ) throws (1: common.SystemException err)

  /**
   * Archives a role: its privileges end, and nothing is assigned to it anew. Refused while open steps are assigned to it: the
   * message names them. Procedures that name it keep it, and its holders still take the steps that these assign to it.
   *
   * Errors: role-not-found (404), already-archived (414), group-in-use (413), insufficient-permissions (476)
   */
  void archive(
    1: string roleId
  ) throws (1: common.SystemException err)

  /**
   * Makes an archived role usable again, with its privileges and holders.
   *
   * Errors: role-not-found (404), not-archived (414), insufficient-permissions (476)
   */
  void unarchive(
    1: string roleId
  ) throws (1: common.SystemException err)

  /**
   * Returns the ids of the users that have a role, sorted.
   *
   * Errors: role-not-found (404)
   */
  list<string> getHolders(
    1: string roleId
  ) throws (1: common.SystemException err)

  /**
   * Gives a role to members of the team, up to MAX_IDS_PER_CALL. Who has it keeps it.
   *
   * Errors: role-not-found (404), user-not-found (404), group-archived (601), limit-exceeded (400), insufficient-permissions (476)
   */
  void addHolders(
    1: string roleId,
    2: list<string> userIds
  ) throws (1: common.SystemException err)

  /**
   * Takes a role from users, up to MAX_IDS_PER_CALL. Who does not have it is passed over. Refused when nobody would be left
   * while open steps are assigned to the role.
   *
   * Errors: role-not-found (404), group-in-use (413), limit-exceeded (400), insufficient-permissions (476)
   */
  void removeHolders(
    1: string roleId,
    2: list<string> userIds
  ) throws (1: common.SystemException err)
}
