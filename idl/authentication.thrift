/**
 * Logging in, and the tokens by which a caller is known.
 *
 * A caller is known, in this order, by the header `Authorization: Token <token>` (or `Bearer <token>`) of an HTTP request
 * or of a THeader frame, or by the token bound to its TCP connection by login or authenticate. Every call but login,
 * authenticate and ping needs one.
 *
 * A token is 256 random bits; the server stores only its SHA-256. Tokens of a login end at logout, when they are not used for
 * 12 hours, and after 7 days at the latest; API tokens, for programs, at the time they were given. Both end when they are
 * revoked. Template locks end with their token.
 */
namespace js jobwright.authentication
namespace java io.jobwright.authentication
namespace py jobwright.authentication
namespace go jobwright.authentication
namespace cpp jobwright.authentication
namespace netstd Jobwright.Authentication
namespace php Jobwright.Authentication
namespace rb Jobwright.Authentication
namespace perl Jobwright.Authentication
namespace rs jobwright.authentication

include "common.thrift"
include "job_role.thrift"
include "team.thrift"
include "user.thrift"

/** How long tokens last, in seconds. */
struct AuthPeriods {
  /** Life of the token of a login, however often it is used. */
  1: i32 tokenSeconds;
  /** A token of a login that is not used for this long ends early, up to an hour before. 0 = never. */
  2: i32 idleSeconds;
  /** Longest life of an API token. */
  3: i32 maxApiTokenSeconds;
}

/** What a client needs to know about a team of the user, without a further call. */
struct TeamInfo {
  /** Id of the team. */
  1: string id;
  /** Name of the team. */
  2: string name;
  /** Subdomain of the team. */
  3: string subdomain;
  /** true = nobody can work in the team now. */
  4: bool isDisabled;
  /** true = publishing goes through a review. */
  5: bool requireReviewFlow;
  /** Language of the team, as a BCP 47 tag. Unset = none chosen. */
  6: optional string defaultLocale;
}

/** Options of a login. None is needed. */
struct LoginOptions {
  /** Request for a client certificate. Kept for wire compatibility: any value is answered with not-implemented. */
  1: optional string certificateSigningRequest;
  /** User on whose behalf to log in. Kept for wire compatibility: any value is answered with not-implemented. */
  2: optional string proxiedUserEmail;
  /** Private key to that request. Never sent to the server: refused when set. */
  100: optional string userPrivateKey;
}

/** Who the caller is, and the token to show from now on. */
struct LoginResult {
  /** The token. */
  1: string authToken;
  /** The user. */
  2: user.User currentUser;
  /** Team id -> the user's roles there; only teams of which the user is a member. */
  3: map<string, list<user.TeamRole>> teamIdToTeamRole;
  /** Team id -> id of the region that holds the team. */
  4: map<string, string> teamIdToRegionId;
  /** Region id -> region. */
  5: map<string, team.Region> regionIdToRegion;
  /** Id of the region to talk to first. */
  6: string preferredRegionId;
  /** How long tokens last. */
  7: AuthPeriods periods;
  /** Team id -> what the user may do there, from all roles together. */
  8: map<string, job_role.JobPermissions> teamIdToJobPermissions;
  /** Team id -> about the team. */
  9: map<string, TeamInfo> teamIdToInfo;
  /** Kept for wire compatibility; never set. */
  10: optional string mothershipCertificate;
  /** Kept for wire compatibility; never set. */
  11: optional string userCertificate;
  /** Names the session in logs and in notifications; no secret, and not the token. */
  12: string sessionId;
  /** Kept for wire compatibility; never set. */
  13: optional string proxyUserEmail;
  /** The user, with its memberships. */
  14: user.UserModular currentUserModular;
  /** Jobwright extension: when the token ends, in Unix seconds, unless it is used before; AuthPeriods says how long then. */
  1001: common.TimeInSecs expiresAt;
}

/** A token for a program. Acts as the user who made it, within its limits. */
struct ApiToken {
  /** Id of the token, for revokeApiToken; no secret. */
  1: string tokenId;
  /** The token itself. It is told once: the server cannot tell it again. */
  2: string token;
  /** What it is for. */
  3: string name;
  /** The user it acts as. */
  4: string userId;
  /** When it was made, in Unix seconds. */
  5: common.TimeInSecs createdAt;
  /** When it ends, in Unix seconds. */
  6: common.TimeInSecs expiresAt;
  /** The only teams it may act in. Unset = all teams of the user. */
  7: optional list<string> teamIds;
  /** The only privileges it has, as far as the user has them. Unset = all of the user. */
  8: optional list<string> privileges;
}

/** Jobwright extension: a token, without the secret. */
struct TokenInfo {
  /** Id of the token; no secret. Of a login it is LoginResult.sessionId. */
  1: string tokenId;
  /** The user it acts as. */
  2: string userId;
  /** What an API token is for. Unset = the token of a login. */
  3: optional string name;
  /** When it was made, in Unix seconds. */
  4: common.TimeInSecs createdAt;
  /** When it was used last, in Unix seconds, to the hour. */
  5: common.TimeInSecs lastUsedAt;
  /** When it ends, in Unix seconds. */
  6: common.TimeInSecs expiresAt;
  /** The only teams it may act in. Unset = all teams of the user. */
  7: optional list<string> teamIds;
  /** The only privileges it has, as far as the user has them. Unset = all of the user. */
  8: optional list<string> privileges;
  /** true = the token of this call. */
  9: bool current;
}

/** What an API token shall be. */
struct ApiTokenParams {
  /** What it is for, 1 to 250 characters. */
  1: string name;
  /**
   * When it ends, in Unix seconds: in the future, and at most AuthPeriods.maxApiTokenSeconds ahead. Unset = after these.
   */
  2: optional common.TimeInSecs expiresAt;
  /** The only teams it may act in; teams of the caller. Unset or empty = all. */
  3: optional list<string> teamIds;
  /** The only privileges it has. Unset or empty = all of the caller. */
  4: optional list<string> privileges;
}

/** Logging in and out. login, authenticate and ping need no token. */
service AuthenticationService {
  /**
   * Logs in with email address and password, and binds the new token to this connection in place of any other. The answer
   * does not tell an unknown address from a wrong password. When logins fail again and again, for an account from one network
   * address, from an address, or for an account, they must pause, longer each time; details.retryAfterSeconds says how long.
   *
   * Errors: bad-credentials (401), login-paused (503), account-not-validated (474)
   */
  LoginResult login(
    1: string email,
    2: string password,
    3: LoginOptions options
  ) throws (1: common.SystemException err)

  /**
   * Ends the caller's token, on every connection, with the template locks that it holds. An API token is revoked by it.
   *
   * Errors: none of its own
   */
  void logout() throws (1: common.SystemException err)

  /**
   * Binds this connection to a token, of a login or an API token, in place of any other. The result echoes it in authToken.
   * On HTTP it only checks the token. When it fails the connection keeps what it had.
   *
   * Errors: invalid-token (497), token-expired (498)
   */
  LoginResult authenticate(
    1: string token
  ) throws (1: common.SystemException err)

  /**
   * Tells that the server answers: returns its version, such as "1.4.0". Touches no store.
   *
   * Errors: none of its own
   */
  string ping() throws (1: common.SystemException err)

  /**
   * Makes a token for a program that acts as the caller. Only with the token of a login: API tokens make no further ones. A
   * user has up to MAX_API_TOKENS_PER_USER.
   *
   * Errors: team-not-found (404), insufficient-permissions (476), limit-exceeded (400)
   */
  ApiToken createApiToken(
    1: ApiTokenParams params
  ) throws (1: common.SystemException err)

  /**
   * Ends an API token at once, on every connection, with the template locks that it holds. The caller's own; those of
   * others need adminBasic in every team of that user.
   *
   * Errors: api-token-not-found (404), insufficient-permissions (476)
   */
  void revokeApiToken(
    1: string tokenId
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: returns the tokens of a user that have not ended, newest first. Empty userId = the caller; others need
   * adminBasic in every team of that user.
   *
   * Errors: user-not-found (404), insufficient-permissions (476)
   */
  list<TokenInfo> listTokens(
    1: string userId
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: ends a token, of a login or an API token, at once, on every connection, with the template locks that it
   * holds. The caller's own, the one of this call included; those of others need adminBasic in every team of that user.
   *
   * Errors: token-not-found (404), insufficient-permissions (476)
   */
  void revokeToken(
    1: string tokenId
  ) throws (1: common.SystemException err)
}
