/** Versions, review and locks of one template as a plain model in memory: what it is, and what each act is refused with. */
import { ErrorCode } from '#gen/common_types';

export type Who = 'ana at her desk' | 'ana in the field' | 'ben';
export const everybody: readonly Who[] = ['ana at her desk', 'ana in the field', 'ben'];
export const nameOf = (who: Who | undefined): string | undefined => who?.split(' ')[0];

export type Status = 'Unpublished' | 'InReview' | 'Published';

export interface Entry {
  readonly title: string;
  /** Without steps it cannot be run, and so not be published: the first one. */
  readonly runnable: boolean;
  publicVersion: number;
  publishedVersion: number;
  status: Status;
}

/** What a refusal is known by. */
export type Refusal = readonly [ErrorCode, string];
export type Outcome = Refusal | { readonly lockedBy: string | undefined } | undefined;

const refusals = {
  archived: [ErrorCode.RESOURCE_ARCHIVED, 'template-archived'],
  inReview: [ErrorCode.WRONG_STATE, 'template-in-review'],
  notLocked: [ErrorCode.TEMPLATE_NOT_LOCKED, 'template-not-locked'],
} as const satisfies Record<string, Refusal>;

/** The template as it should be. Each act says what it is refused with, or changes the model. */
export class Model {
  readonly entries: Entry[] = [
    { title: 'T', runnable: false, publicVersion: 0, publishedVersion: 0, status: 'Unpublished' },
  ];
  readonly #reviewRequired: boolean;
  holder: Who | undefined;
  /** From whom the lock was taken last, by force. */
  robbed: Who | undefined;
  /** The public version that a review was begun for last. */
  reviewed = 0;
  archived = false;

  constructor(reviewRequired: boolean) {
    this.#reviewRequired = reviewRequired;
  }

  copy(): Model {
    const { holder, robbed, reviewed, archived } = this;
    const copy = Object.assign(new Model(this.#reviewRequired), { holder, robbed, reviewed, archived });
    copy.entries.splice(0, Infinity, ...this.entries.map(entry => ({ ...entry })));
    return copy;
  }

  get latest(): Entry {
    return this.entries.at(-1)!;
  }

  get published(): Entry | undefined {
    const ranked = this.entries.filter(({ status }) => status === 'Published');
    return ranked.sort((a, b) => b.publishedVersion - a.publishedVersion)[0];
  }

  #greatest(field: 'publicVersion' | 'publishedVersion'): number {
    return Math.max(...this.entries.map(entry => entry[field]));
  }

  #fixed(): Outcome {
    if (this.archived) return refusals.archived;
    return this.latest.status === 'InReview' ? refusals.inReview : undefined;
  }

  edit(who: Who, title: string, runnable = this.latest.runnable): Outcome {
    const fixed = this.#fixed();
    if (fixed) return fixed;
    if (this.holder !== who) return refusals.notLocked;
    if (title !== this.latest.title || runnable !== this.latest.runnable)
      this.entries.push({ title, runnable, publicVersion: 0, publishedVersion: 0, status: 'Unpublished' });
    return undefined;
  }

  revert(who: Who, version: number): Outcome {
    const earlier = this.entries[version - 1];
    if (!earlier) return [ErrorCode.INVALID_VERSION, 'version-not-found'];
    if (version === this.entries.length) return [ErrorCode.NOOP, 'already-latest'];
    if (this.archived) return refusals.archived;
    if (this.latest.status === 'InReview' || (this.holder && this.holder !== who))
      return [ErrorCode.REVERT_DISALLOWED, 'revert-disallowed'];
    return this.edit(who, earlier.title, earlier.runnable);
  }

  publish(): Outcome {
    if (this.archived) return refusals.archived;
    if (this.latest.status === 'Published') return [ErrorCode.NOOP, 'already-published'];
    if (this.latest.status === 'InReview') return refusals.inReview;
    if (this.#reviewRequired) return [ErrorCode.WRONG_STATE, 'review-required'];
    return this.#publish(this.latest, this.#greatest('publicVersion') + 1);
  }

  #publish(entry: Entry, publicVersion: number): Outcome {
    if (!entry.runnable) return [ErrorCode.BAD_REQUEST, 'invalid-procedure'];
    entry.publicVersion = publicVersion;
    entry.publishedVersion = this.#greatest('publishedVersion') + 1;
    entry.status = 'Published';
    return undefined;
  }

  publishVersion(publicVersion: number): Outcome {
    if (publicVersion <= 0) return [ErrorCode.BAD_REQUEST, 'invalid-argument'];
    if (this.archived) return refusals.archived;
    const entry = this.entries.find(candidate => candidate.publicVersion === publicVersion);
    if (!entry) return [ErrorCode.INVALID_VERSION, 'version-not-found'];
    if (entry.status === 'Published') return [ErrorCode.NOOP, 'already-published'];
    if (entry.status === 'InReview') return refusals.inReview;
    return this.#publish(entry, publicVersion);
  }

  beginReview(who: Who): Outcome {
    if (this.archived) return refusals.archived;
    if (this.latest.status === 'InReview') return [ErrorCode.NOOP, 'already-in-review'];
    if (this.latest.status === 'Published') return [ErrorCode.WRONG_STATE, 'template-published'];
    if (this.holder && this.holder !== who) return [ErrorCode.WRONG_STATE, 'locked-by-other'];
    this.latest.publicVersion ||= this.#greatest('publicVersion') + 1;
    this.latest.status = 'InReview';
    this.reviewed = this.latest.publicVersion;
    return undefined;
  }

  endReview(): Outcome {
    if (this.archived) return refusals.archived;
    if (this.latest.status !== 'InReview') return [ErrorCode.WRONG_STATE, 'not-in-review'];
    this.latest.status = 'Unpublished';
    this.holder = undefined;
    return undefined;
  }

  lock(who: Who, force: boolean): Outcome {
    const fixed = this.#fixed();
    if (fixed) return fixed;
    const other = this.holder === who ? undefined : this.holder;
    if (other && !force) return { lockedBy: nameOf(other) };
    this.robbed = other;
    this.holder = who;
    return undefined;
  }

  release(who: Who): Outcome {
    if (this.holder !== who) return refusals.notLocked;
    this.holder = undefined;
    return undefined;
  }

  logOut(who: Who): Outcome {
    if (this.holder === who) this.holder = undefined;
    return undefined;
  }

  archive(): Outcome {
    if (this.archived) return [ErrorCode.NOOP, 'already-archived'];
    this.archived = true;
    this.holder = undefined;
    return undefined;
  }

  unarchive(): Outcome {
    if (!this.archived) return [ErrorCode.NOOP, 'not-archived'];
    this.archived = false;
    return undefined;
  }
}
