/**
 * People, their membership of teams, and the roles they have there.
 */

namespace js jobwright.user
namespace java io.jobwright.user
namespace py jobwright.user
namespace go jobwright.user
namespace cpp jobwright.user
namespace netstd Jobwright.User
namespace php Jobwright.User
namespace rb Jobwright.User
namespace perl Jobwright.User
namespace rs jobwright.user

include "abac.thrift"
include "common.thrift"

/** What a member may do in a team, in large. Roles add up. */
enum TeamRole {
  /** Everything, members and settings included. */
  ADMIN = 1,
  /** Write templates. */
  AUTHOR = 2,
  /** Create and plan jobs. */
  JOBCREATOR = 3,
  /** Do the work of jobs. */
  EXECUTOR = 4,
  /** Kept for wire compatibility; not used by Jobwright. */
  PARSABLE_ADMIN = 5
}

/** What a change token, sent by email, entitles to. */
enum ChangeTokenType {
  /** Confirm an email address. */
  VALIDATE_TOKEN = 1,
  /** Accept an invitation to a team. */
  JOIN_TOKEN = 2,
  /** Set a new password. */
  FORGOT_PASSWORD_TOKEN = 3,
  /** Confirm a changed email address. */
  UPDATE_EMAIL_TOKEN = 4
}

/** A token that entitles to one change of an account, once. */
struct ChangeToken {
  /** The secret. */
  1: string token;
  /** User whose account it changes. */
  2: string userId;
  /** What it entitles to. */
  3: ChangeTokenType tokenType;
  /** Kind of invitation. Kept for wire compatibility; always 0. */
  4: i32 inviteType;
  /** Team invited to. Only for JOIN_TOKEN. */
  5: optional string teamId;
  /** User who invited. Only for JOIN_TOKEN. */
  6: optional string inviterId;
  /** Unix seconds. */
  7: common.TimeInSecs createdAt;
  /** Unix seconds. */
  8: common.TimeInSecs updatedAt;
}

/** A user's membership of one team. */
struct TeamMembership {
  /** Unix seconds. */
  1: common.TimeInSecs addedAt;
  /** Last change of the roles, Unix seconds. */
  2: common.TimeInSecs updatedAt;
  /** Unix seconds; 0 = still a member. */
  3: common.TimeInSecs removedAt;
  /** Roles in the team. */
  4: list<TeamRole> roles;
}

/** A person. */
struct User {
  /** Id. */
  1: string id;
  /** Address that logs in, unique on the server ignoring case. Up to MAX_EMAIL_LENGTH characters. */
  2: string email;
  /** Name for people. Up to MAX_NAME_LENGTH characters. */
  3: string name;
  /** When the email address was confirmed, Unix seconds; 0 = not yet. */
  4: common.TimeInSecs validatedAt;
  /** true = made by a directory, not by hand. */
  5: optional bool isAutomaticallyProvisioned;
  /** Region that keeps the account. */
  6: optional string regionId;
  /** true = logs in through single sign-on and has no password here. */
  7: optional bool isSSOAuth;
}

/** A user's numbers in one team. */
struct UserStats {
  /** Completed jobs that the user took part in. */
  1: i32 completedJobs;
  /** Open jobs that the user takes part in. */
  2: i32 activeJobs;
}

/** A person, with what UserSelectOpts asked for. Only teams that the caller may see are filled in. */
struct UserModular {
  /** Id. */
  1: string id;
  /** Address that logs in. */
  2: string email;
  /** Name for people. */
  3: string name;
  /** When the email address was confirmed, Unix seconds; 0 = not yet. */
  4: common.TimeInSecs validatedAt;
  /** Team id -> membership, ended ones included. Only with includeTeamMembership. */
  101: optional map<string, TeamMembership> teamIdToMembership;
  /** Team id -> numbers. Only with includeStats. */
  102: optional map<string, UserStats> teamIdToStats;
  /** Team id -> attributes of the user there. Only with includeAttributes. */
  103: optional map<string, list<abac.AbacAttribute>> teamIdToAttributes;
}

/** Jobwright extension: an open step that is assigned to a user. */
struct AssignedStep {
  /** Team of the job. */
  1: string teamId;
  /** Id of the job. */
  2: string jobId;
  /** Id of the step. */
  3: string stepId;
  /** Name of the step. */
  4: string stepName;
}

/** Names a user in one of two ways. */
union UserKey {
  /** By id. */
  1: string id;
  /** By email address, ignoring case. */
  2: string email;
}

/** What a user can write of the own account. */
struct UserParams {
  /** Name for people. Unset = unchanged. */
  1: optional string name;
}

/** Answer for one id of a fetch. */
union UserFetchResult {
  /** The user. */
  1: UserModular user;
  /** Why there is none. */
  2: common.SystemException err;
}

/** What to fill in beside the basic fields. All default to false. */
struct UserSelectOpts {
  /** Fills teamIdToMembership. */
  1: bool includeTeamMembership;
  /** Fills teamIdToStats. */
  2: bool includeStats;
  /** Fills teamIdToAttributes. */
  3: bool includeAttributes;
}

/** Search by words. */
struct UserTextSearch {
  /** Words, each of which begins a word of name or email; ignoring case. */
  1: string query;
}

/** Which users. All conditions that are set must hold. */
struct UserWhereOpts {
  /** Members of this team. Unset = of every team that the caller may see. */
  1: optional string teamId;
  /** Has at least one of these roles. */
  2: optional list<TeamRole> teamRoles;
  /** true = former members only, false = present members only. Unset = both. */
  3: optional bool isRemoved;
  /** By words. */
  4: optional UserTextSearch txt;
  /** Page. Unset = the first one, DEFAULT_PAGE_SIZE. */
  20: optional common.PageReq pageReq;
}

/** Keys of order. */
enum UserOrderBy {
  NAME = 1,
  EMAIL = 2
}

/** One key of the order, with its direction. */
struct UserOrder {
  /** The key. */
  1: UserOrderBy field;
  /** false = descending. */
  2: bool asc = true;
}

/** A page of users. */
struct UserQueryResult {
  /** The users in order. */
  1: list<UserModular> users;
  /** Where the page stands. */
  2: optional common.PageInfo pageInfo;
}

/**
 * Accounts. HTTP: /api/users.
 * Functions that take a change token or recover an account need no login.
 */
service UserService {
  /**
   * Returns the present members of a team by name. teamRoles: those with at least one of them; empty = all.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  list<User> index(
    1: string teamId,
    2: list<TeamRole> teamRoles
  ) throws (1: common.SystemException err)

  /**
   * Returns one user. Visible are the caller and everybody who shares a team with it.
   *
   * Errors: user-not-found (404), insufficient-permissions (476)
   */
  User get(
    1: string id
  ) throws (1: common.SystemException err)

  /**
   * Returns a page of the users that meet whereOpts. Default order: name; ties by id.
   *
   * Errors: team-not-found (404), limit-exceeded (400), insufficient-permissions (476)
   */
  UserQueryResult query(
    1: UserSelectOpts selectOpts,
    2: UserWhereOpts whereOpts,
    3: list<UserOrder> order
  ) throws (1: common.SystemException err)

  /**
   * Returns id -> user or error, one for each id; up to MAX_IDS_PER_CALL. Basic fields only.
   *
   * Errors: limit-exceeded (400), insufficient-permissions (476), in the map: user-not-found (404)
   */
  map<string, UserFetchResult> fetch(
    1: list<string> userIds
  ) throws (1: common.SystemException err)

  /**
   * As fetch, with what selectOpts asks for, filled in for this team only. Who never was a member is not found.
   *
   * Errors: team-not-found (404), limit-exceeded (400), insufficient-permissions (476), in the map: user-not-found (404)
   */
  map<string, UserFetchResult> fetchByTeam(
    1: UserSelectOpts selectOpts,
    2: string teamId,
    3: list<string> userIds
  ) throws (1: common.SystemException err)

  /**
   * Writes the name of the user details.id: the caller, or somebody in all of whose teams the caller has adminBasic. Returns the
   * user.
   * Another email than the present one: invalid-argument; updateWithPassword changes it.
   *
   * Errors: user-not-found (404), limit-exceeded (400), insufficient-permissions (476)
   */
  User update(
    1: User details
  ) throws (1: common.SystemException err)

  /**
   * Writes name and email of the caller, confirmed by its present password. Returns the user. Where the server sends mail, a new
   * email counts when it is confirmed by the UPDATE_EMAIL_TOKEN that is sent to it; elsewhere at once.
   *
   * Errors: bad-credentials (401), login-paused (503), user-not-found (404), email-taken (400), limit-exceeded (400), insufficient-permissions (476)
   */
  User updateWithPassword(
    1: User details,
    2: string password
  ) throws (1: common.SystemException err)

  /**
   * Sends a FORGOT_PASSWORD_TOKEN to the address. Succeeds for unknown addresses too, so that nobody learns who has an
   * account. No login needed. A server that sends no mail refuses it: resetPassword of the team service is the way there.
   *
   * Errors: mail-not-configured (413), mail-paused (503), limit-exceeded (400)
   */
  void forgotPassword(
    1: string email
  ) throws (1: common.SystemException err)

  /**
   * Completes the caller's new account: writes name and password and confirms the address. Returns the user.
   *
   * Errors: user-not-found (404), weak-password (400), already-validated (414), limit-exceeded (400), insufficient-permissions (476)
   */
  User validate(
    1: User details,
    2: string password
  ) throws (1: common.SystemException err)

  /**
   * Sends the confirmation or invitation of an account that is not confirmed yet once more. teamId: the team invited to;
   * empty = none. Succeeds for unknown addresses and teams too. No login needed.
   *
   * Errors: mail-not-configured (413), mail-paused (503), limit-exceeded (400)
   */
  void resendConfirmation(
    1: string email,
    2: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Confirms an email address by a VALIDATE_TOKEN or UPDATE_EMAIL_TOKEN and writes params. Returns the user. No login
   * needed. invalid-token and token-expired are about changeToken.
   *
   * Errors: invalid-token (497), token-expired (498), email-taken (400), limit-exceeded (400)
   */
  User validateWithToken(
    1: string changeToken,
    2: UserParams params
  ) throws (1: common.SystemException err)

  /**
   * Accepts an invitation by a JOIN_TOKEN: writes params and password, confirms the address, makes the user a member.
   * An account that has a password already, by an earlier invitation, keeps it: password must be that one then, and is checked
   * as by login. Returns the user. No login needed. invalid-token and token-expired are about changeToken.
   *
   * Errors: invalid-token (497), token-expired (498), bad-credentials (401), login-paused (503), user-already-in-team (473), weak-password (400), limit-exceeded (400)
   */
  User joinWithToken(
    1: string changeToken,
    2: UserParams params,
    3: string password
  ) throws (1: common.SystemException err)

  /**
   * Sets a new password by a FORGOT_PASSWORD_TOKEN and ends all logins of the user. Returns the user. No login needed.
   * invalid-token and token-expired are about changeToken.
   *
   * Errors: invalid-token (497), token-expired (498), weak-password (400), limit-exceeded (400)
   */
  User recoverPassword(
    1: string changeToken,
    2: string password
  ) throws (1: common.SystemException err)

  /**
   * Changes the caller's password, MIN_PASSWORD_LENGTH to MAX_PASSWORD_LENGTH characters, and ends its other logins.
   * Returns the user.
   *
   * Errors: bad-credentials (401), login-paused (503), weak-password (400), limit-exceeded (400), insufficient-permissions (476)
   */
  User updatePassword(
    1: string oldPassword,
    2: string newPassword
  ) throws (1: common.SystemException err)

  /**
   * Writes the values of one attribute of a user in a team; behave defaults to CLOBBER. Returns a list of that one
   * attribute with the values that the user now has.
   *
   * Errors: user-not-found (404), team-not-found (404), attribute-not-found (404), insufficient-permissions (476)
   */
  list<abac.AbacAttribute> updateAttribute(
    1: string userId,
    2: string teamId,
    3: string attributeId,
    4: list<abac.AbacAttributeValue> values,
    5: abac.AbacUploadBehaviour behave
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: ends an account. Its tokens end with their locks, nobody logs in with it, and nothing is assigned to it
   * anew; memberships and everything that it wrote and did stay, with its name. Returns its open steps, the first 1000 by job:
   * they stay assigned until somebody assigns them anew. Needs adminAdvanced in every team of the user, and every privilege that
   * the user has there.
   *
   * Errors: user-not-found (404), last-administrator (413), already-disabled (414), insufficient-permissions (476)
   */
  list<AssignedStep> disableUser(
    1: string userId
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: gives a disabled account back, with its password and memberships. Needs adminAdvanced in every team of
   * the user, and every privilege that the user has there.
   *
   * Errors: user-not-found (404), not-disabled (414), insufficient-permissions (476)
   */
  void enableUser(
    1: string userId
  ) throws (1: common.SystemException err)
}
