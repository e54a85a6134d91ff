/**
 * Teams: whoever works together. Everything but users belongs to one team, and nothing crosses teams.
 */

namespace js jobwright.team
namespace java io.jobwright.team
namespace py jobwright.team
namespace go jobwright.team
namespace cpp jobwright.team
namespace netstd Jobwright.Team
namespace php Jobwright.Team
namespace rb Jobwright.Team
namespace perl Jobwright.Team
namespace rs jobwright.team

include "common.thrift"
include "user.thrift"

/** A region: servers that keep the data of a team. A single installation has one. */
struct Region {
  /** Id. */
  1: string id;
  /** Host that serves the interface. */
  2: string apiHost;
  /** Host that serves notifications. */
  3: string sigHost;
  /** Host that serves files. */
  4: string staticHost;
}

/** Statuses, and priorities, that a team can have for its jobs. Checked when they are set. */
const i32 MAX_JOB_NAMES = 50

/** Settings of a team. */
struct TeamConfig {
  /** true = templates are published through review: publish is refused, beginReview and publishVersion are the way. */
  1: bool requireReviewFlow = false;
  /** For clients: show BaseStep.hierarchyPosition. */
  2: optional bool showStepHierarchyPos;
  /** Language tag for members who chose none, e.g. "en-US". */
  3: optional string defaultLocale;
  /** The same as requireReviewFlow for sets of templates. */
  4: bool requireTemplateSetReviewFlow = false;
  /** For clients: PDF reports are made by the server. */
  5: bool backendPdfGen = true;
  /** For clients: listen for changes on a web socket. */
  6: bool useWebSocket = true;
  /** Sender of emails to members. Unset = the server's. */
  7: optional string emailSenderOverride;
  /** true = the system role OBSERVER can be given. */
  8: bool enableObserverRole = false;
  /** For clients: offer the comparison of versions. */
  9: optional bool enableTemplateDiffs;
  /** For clients: offer saved views of templates. */
  10: optional bool enableTemplateViews;
  /** Region through which clients should connect. Unset = the team's own. */
  11: optional string proxyRegion;
  /** Kept for wire compatibility; not used by Jobwright. */
  12: optional bool useParsableCamera;
  /** URL of a service that renders a PDF preview. Unset = none. */
  13: optional string previewPdfUrl;
  /**
   * Jobwright extension: true = of templates that carry attribute values, members without adminBasic see only those that share a
   * value with them. What is hidden does not exist for them: it is not read, edited, or made jobs from. Jobs that there are stay.
   */
  1001: optional bool restrictTemplatesByAttributes;
  /**
   * Jobwright extension: the statuses that jobs can have, up to MAX_JOB_NAMES, "Open" and "Closed" among them. Unset or empty = Open,
   * In Progress, On Hold, Closed.
   */
  1002: optional list<string> jobStatuses;
  /**
   * Jobwright extension: the priorities that jobs can have, up to MAX_JOB_NAMES, "Medium" among them. Unset or empty = Low, Medium,
   * High.
   */
  1003: optional list<string> jobPriorities;
  /** Jobwright extension: what stands before the number of a job without a name: 1 to 20 letters, digits, ".", "_", "-". Unset = "JOB_". */
  1004: optional string jobNumberPrefix;
  /** Jobwright extension: most bytes of an attachment, where that is less than the server allows. Unset or 0 = the server's. */
  1005: optional i64 maxAttachmentBytes;
}

/** A team. */
struct Team {
  /** Id. */
  1: string id;
  /** Name for people. Up to MAX_NAME_LENGTH characters. */
  2: string name;
  /** Short name: lower case letters, digits and hyphens, unique on the server. */
  3: string subdomain;
  /** Who made the team, or took it over. */
  4: user.User owner;
  /** Settings. */
  5: TeamConfig config;
  /** Unix seconds. */
  6: common.TimeInSecs createdAt;
  /** Unix seconds. */
  7: common.TimeInSecs updatedAt;
  /** Region that keeps the team's data. */
  8: string regionId;
  /** true = on trial. */
  9: bool isTrial;
  /** true = members cannot work in it. */
  10: bool isDisabled;
  /** When a trial ends, Unix seconds; 0 = never. */
  11: common.TimeInSecs expireAt;
}

/** A team, as part of other structures. */
struct TeamModular {
  /** Id. */
  1: string id;
  /** Name for people. */
  2: string name;
  /** Short name, unique on the server. */
  3: string subdomain;
  /** Unix seconds. */
  4: common.TimeInSecs createdAt;
  /** Unix seconds. */
  5: common.TimeInSecs updatedAt;
  /** Region that keeps the team's data. */
  6: string regionId;
  /** Filled where the function says so. */
  101: optional user.User owner;
  /** Filled where the function says so. */
  102: optional TeamConfig config;
}

/** What can be written of a team. Unset = unchanged. */
struct TeamParams {
  /** Name for people. */
  1: optional string name;
  /** Short name: 1 to 63 lower case letters, digits and hyphens, unique on the server. Empty = none. */
  2: optional string subdomain;
  /** Settings: replaces all of them; read them first and send them back changed. */
  3: optional TeamConfig config;
}

/** Jobwright extension: a call of a webhook that was not answered with 2xx yet. */
struct WebhookDelivery {
  /** As in X-Jobwright-Delivery. */
  1: string deliveryId;
  /** JSON that is sent. */
  2: string body;
  /** Unix seconds. */
  3: common.TimeInSecs queuedAt;
  /** How often it was sent. */
  4: i32 attempts;
  /** When it is sent again, Unix seconds. Unset = given up, after a day. */
  5: optional common.TimeInSecs nextAttemptAt;
  /** What came of it the last time. Unset = it was not sent yet. */
  6: optional string lastFailure;
}

/** Jobwright extension: the webhook that beginReview calls. */
struct TemplateApprovalWebhook {
  /** Empty = none. */
  1: string url;
  /** Until when the secret before the current one signs too, Unix seconds. Unset = it does not. */
  2: optional common.TimeInSecs previousSecretUntil;
  /** What waits or was given up in the last 30 days, oldest first; the first 100. */
  3: list<WebhookDelivery> undelivered;
}

/** Jobwright extension: what a webhook's calls are signed by. */
struct WebhookSecret {
  /** 64 hex digits; the key is their text. */
  1: string secret;
  /** Until when the secret before signs too, Unix seconds. */
  2: common.TimeInSecs previousUntil;
}

/** Teams and their members. HTTP: /api/teams. */
service TeamService {
  /**
   * Returns the ids of all regions.
   *
   * Errors: insufficient-permissions (476)
   */
  list<string> listAllRegions() throws (1: common.SystemException err)

  /**
   * Makes a team with the caller as its owner and ADMIN, and returns it. regionId: empty = the server's own.
   *
   * Errors: region-not-found (430), team-already-exists (475), limit-exceeded (400), insufficient-permissions (476)
   */
  Team create(
    1: string name,
    2: string regionId
  ) throws (1: common.SystemException err)

  /**
   * Makes a team and a new user as its owner and ADMIN, and returns the team. regionId: empty = the server's own.
   *
   * Errors: region-not-found (430), team-already-exists (475), email-taken (400), limit-exceeded (400), insufficient-permissions (476)
   */
  Team createWithUser(
    1: string teamName,
    2: string userEmail,
    3: string password,
    4: string userName,
    5: string regionId
  ) throws (1: common.SystemException err)

  /**
   * Returns the team with that short name.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  Team getTeamBySubdomain(
    1: string subdomain
  ) throws (1: common.SystemException err)

  /**
   * Returns one team.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  Team get(
    1: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Returns the teams of the caller by name.
   *
   * Errors: insufficient-permissions (476)
   */
  list<Team> index() throws (1: common.SystemException err)

  /**
   * Makes an existing user a member with these roles. A former member comes back.
   *
   * Errors: team-not-found (404), user-not-found (404), user-already-in-team (473), insufficient-permissions (476)
   */
  void addUserById(
    1: string teamId,
    2: string userId,
    3: list<user.TeamRole> roles
  ) throws (1: common.SystemException err)

  /**
   * As addUserById, by email address, ignoring case. Nobody has it: an invitation is sent to it, and the user becomes a
   * member on accepting. A server that sends no mail refuses that: inviteUser is the way there.
   *
   * Errors: team-not-found (404), user-already-in-team (473), mail-not-configured (413), limit-exceeded (400), insufficient-permissions (476)
   */
  void addUserByEmail(
    1: string teamId,
    2: string email,
    3: list<user.TeamRole> roles
  ) throws (1: common.SystemException err)

  /**
   * Makes a user with this password and makes it a member with these roles.
   *
   * Errors: team-not-found (404), email-taken (400), weak-password (400), limit-exceeded (400), insufficient-permissions (476)
   */
  void createUser(
    1: string teamId,
    2: string userEmail,
    3: string password,
    4: string userName,
    5: list<user.TeamRole> roles
  ) throws (1: common.SystemException err)

  /**
   * Replaces the roles of a member. A team keeps an ADMIN.
   *
   * Errors: team-not-found (404), user-not-found (404), last-administrator (413), insufficient-permissions (476)
   */
  void updateUserRoles(
    1: string teamId,
    2: string userId,
    3: list<user.TeamRole> roles
  ) throws (1: common.SystemException err)

  /**
   * Ends a membership, and frees the locks that the user holds on the team's templates. What the user wrote and did stays.
   * A team keeps an ADMIN. Needs every privilege that the user has in the team, too.
   *
   * Errors: team-not-found (404), user-not-found (404), last-administrator (413), insufficient-permissions (476)
   */
  void removeUserFromTeam(
    1: string teamId,
    2: string userId
  ) throws (1: common.SystemException err)

  /**
   * Changes what is set in opts and returns the team. requireReviewFlow is not switched off while templates are in review.
   *
   * Errors: team-not-found (404), team-already-exists (475), templates-in-review (413), limit-exceeded (400), insufficient-permissions (476)
   */
  Team update(
    1: string teamId,
    2: TeamParams opts
  ) throws (1: common.SystemException err)

  /**
   * Sets the URL that beginReview calls: an HTTP POST of JSON with the keys templateId, publicVersion, submitterId.
   * Empty = none. http and https only, without user and password, up to 2000 characters.
   *
   * The call is sent after the commit, again with growing pauses for a day until it is answered with 2xx, and carries
   * X-Jobwright-Delivery, an id that stays the same when it is sent again, and X-Jobwright-Signature: "sha256=" and the
   * HMAC-SHA256 of the body in hex, by the secret of rotateTemplateApprovalSecret. For a day after a rotation a second
   * one, by the secret before, stands behind a comma. An address that steps may not call is not called either.
   *
   * Errors: team-not-found (404), invalid-argument (400), limit-exceeded (400), insufficient-permissions (476)
   */
  void setTemplateApprovalWebhook(
    1: string teamId,
    2: string webhookUrl
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: returns the webhook with what has not been delivered.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  TemplateApprovalWebhook getTemplateApprovalWebhook(
    1: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: makes a new secret and returns it: it is told once. The one before signs too for a day.
   *
   * Errors: team-not-found (404), webhook-not-set (413), insufficient-permissions (476)
   */
  WebhookSecret rotateTemplateApprovalSecret(
    1: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: invites somebody and returns the JOIN_TOKEN, for UserService.joinWithToken, to be handed over by the
   * caller: it is told once. It takes the place of an earlier invitation to the team, and is good for 14 days. Somebody who has
   * an account already is made a member by addUserByEmail.
   *
   * Errors: team-not-found (404), email-taken (400), limit-exceeded (400), insufficient-permissions (476)
   */
  user.ChangeToken inviteUser(
    1: string teamId,
    2: string email,
    3: list<user.TeamRole> roles
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: returns a FORGOT_PASSWORD_TOKEN of a member, for UserService.recoverPassword, to be handed over by the
   * caller: it is told once and is good for an hour. The password does not change before. Needs adminAdvanced in every team
   * of that user, and every privilege that it has there: whoever has the token has the account.
   *
   * Errors: team-not-found (404), user-not-found (404), insufficient-permissions (476)
   */
  user.ChangeToken resetPassword(
    1: string teamId,
    2: string userId
  ) throws (1: common.SystemException err)
}
