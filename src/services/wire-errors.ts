/** Domain errors as the exceptions that the interface declares. */
import { ErrorCode, SystemException } from '#gen/common_types';
import type { DomainError, ErrorKind } from '../base/errors.ts';

/** A kind without a code does not compile. */
const codes: Readonly<Record<ErrorKind, ErrorCode>> = {
  badRequest: ErrorCode.BAD_REQUEST,
  unauthorized: ErrorCode.UNAUTHORIZED,
  invalidToken: ErrorCode.INVALID_TOKEN,
  tokenExpired: ErrorCode.TOKEN_EXPIRED,
  insufficientPermissions: ErrorCode.INSUFFICIENT_PERMISSIONS,
  notFound: ErrorCode.NOT_FOUND,
  accountUnvalidated: ErrorCode.ACCOUNT_UNVALIDATED,
  unknownRegion: ErrorCode.INVALID_REGION,
  alreadyMember: ErrorCode.USER_ALREADY_PART_OF_TEAM,
  teamExists: ErrorCode.TEAM_ALREADY_EXISTS,
  wrongState: ErrorCode.WRONG_STATE,
  noChange: ErrorCode.NOOP,
  revertDisallowed: ErrorCode.REVERT_DISALLOWED,
  missingMetadata: ErrorCode.MISSING_METADATA,
  archived: ErrorCode.RESOURCE_ARCHIVED,
  invalidVersion: ErrorCode.INVALID_VERSION,
  unsupported: ErrorCode.UNSUPPORTED_VERSION,
  notAllowed: ErrorCode.NOT_ALLOWED,
  templateNotLocked: ErrorCode.TEMPLATE_NOT_LOCKED,
  loginPaused: ErrorCode.SERVICE_UNAVAILABLE,
  busy: ErrorCode.SERVICE_UNAVAILABLE,
  outcomeUnknown: ErrorCode.SERVICE_UNAVAILABLE,
};

/** A refusal as answers carry it that are no failures of the call. */
export const reasonOf = ({ kind, slug, message, details }: DomainError) => ({
  errorCode: codes[kind],
  slug,
  message,
  details: { ...details },
});

export const systemException = (error: DomainError, requestId: string): SystemException =>
  new SystemException({ ...reasonOf(error), localizedMessage: error.message, rqId: requestId });

/** What a caller hears of a fault of ours: that there was one, and under which id the log has it. */
export const internalError = (requestId: string): SystemException =>
  new SystemException({
    errorCode: ErrorCode.INTERNAL_SERVER_ERROR,
    message: `internal error ${requestId}`,
    localizedMessage: `internal error ${requestId}`,
    slug: 'internal-error',
    rqId: requestId,
  });
