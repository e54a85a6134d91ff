/** How the database fails a transaction that is not wrong in itself. */
import { OutcomeUnknown } from '../base/errors.ts';

/**
 * Thrown when the database was not there: it could not be reached, had no place or no time for us, or the connection to it broke.
 * Nothing of the transaction is left, unless it was a commit that broke after it was sent.
 */
export class DatabaseAway extends Error {
  /** The statement that failed may have reached the database. */
  readonly wasSent: boolean;

  constructor(cause: unknown, wasSent: boolean) {
    super('the database is not there', { cause });
    this.wasSent = wasSent;
  }
}

/** The transaction was being committed when its connection broke. */
export const outcomeUnknown = (): OutcomeUnknown =>
  new OutcomeUnknown(
    'outcome-unknown',
    'the connection to the database broke at the end of the call: it may have been carried out or not; look, or repeat it with the same requestId where it has one',
  );
