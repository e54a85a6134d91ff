/**
 * Groups: people that a step can be assigned to together. Whoever starts the step takes it.
 */

namespace js jobwright.group
namespace java io.jobwright.group
namespace py jobwright.group
namespace go jobwright.group
namespace cpp jobwright.group
namespace netstd Jobwright.Group
namespace php Jobwright.Group
namespace rb Jobwright.Group
namespace perl Jobwright.Group
namespace rs jobwright.group

include "common.thrift"

/** A group. Its members are users; a group is never part of a group. */
struct Group {
  /** Id, by which steps are assigned to it. */
  1: string id;
  /** Team that owns it. */
  2: string teamId;
  /** Name, unique among the groups of the team ignoring case. Up to MAX_NAME_LENGTH characters. */
  3: string name;
  /** Description, up to MAX_DESCRIPTION_LENGTH characters. */
  4: string descrip;
  /** Unix seconds; 0 = not archived. */
  5: common.TimeInSecs archivedAt;
}

/** What can be written of a group. */
struct GroupParams {
  /** Name. Required by create; unset in update = unchanged. */
  1: optional string name;
  /** Description. Unset = empty, or unchanged. */
  2: optional string descrip;
}

/** Jobwright extension: the groups of a team. HTTP: /api/groups. */
service GroupService {
  /**
   * Returns the groups of a team by name.
   *
   * Errors: team-not-found (404)
   */
  list<Group> index(
    1: string teamId,
    2: bool includeArchived
  ) throws (1: common.SystemException err)

  /**
   * Returns one group, archived or not.
   *
   * Errors: group-not-found (404)
   */
  Group get(
    1: string groupId
  ) throws (1: common.SystemException err)

  /**
   * Makes a group and returns it. A team has up to MAX_GROUPS_PER_TEAM. A name that is taken is refused with the id of the group
   * that has it, so a call whose answer was lost can be repeated.
   *
   * Errors: team-not-found (404), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  Group create(
    1: string teamId,
    2: GroupParams params
  ) throws (1: common.SystemException err)

  /**
   * Changes what is set in params and returns the group.
   *
   * Errors: group-not-found (404), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  Group update(
    1: string groupId,
    2: GroupParams params
  ) throws (1: common.SystemException err)

  /**
   * Archives a group: nothing is assigned to it anew. Refused while open steps are assigned to it: the message names them.
   * Procedures that name it keep it, and its members still take the steps that these assign to it.
   *
   * Errors: group-not-found (404), already-archived (414), group-in-use (413), insufficient-permissions (476)
   */
  void archive(
    1: string groupId
  ) throws (1: common.SystemException err)

  /**
   * Makes an archived group usable again, with its members.
   *
   * Errors: group-not-found (404), not-archived (414), insufficient-permissions (476)
   */
  void unarchive(
    1: string groupId
  ) throws (1: common.SystemException err)

  /**
   * Returns the ids of the members, sorted.
   *
   * Errors: group-not-found (404)
   */
  list<string> getMembers(
    1: string groupId
  ) throws (1: common.SystemException err)

  /**
   * Puts members of the team into the group, up to MAX_IDS_PER_CALL. Who is in it stays.
   *
   * Errors: group-not-found (404), user-not-found (404), group-archived (601), limit-exceeded (400), insufficient-permissions (476)
   */
  void addMembers(
    1: string groupId,
    2: list<string> userIds
  ) throws (1: common.SystemException err)

  /**
   * Takes users out of the group, up to MAX_IDS_PER_CALL. Who is not in it is passed over. Refused when nobody would be left while
   * open steps are assigned to the group.
   *
   * Errors: group-not-found (404), group-in-use (413), limit-exceeded (400), insufficient-permissions (476)
   */
  void removeMembers(
    1: string groupId,
    2: list<string> userIds
  ) throws (1: common.SystemException err)
}
