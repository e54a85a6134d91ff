/** What the bare server is started with. */

/** In the server's words: what it has answered, unset fields left out. The bare server answers with the same, changed where rows say so. */
export interface Answers {
  readonly create: Readonly<Record<string, unknown>>;
  readonly lock: Readonly<Record<string, unknown>>;
  /** A JobTemplate of 20 steps. */
  readonly template: Readonly<Record<string, unknown>>;
  /** A JobTemplateModular of 20 steps. */
  readonly modular: Readonly<Record<string, unknown>>;
  /** A JobTemplateModular without steps. */
  readonly head: Readonly<Record<string, unknown>>;
  readonly job: Readonly<Record<string, unknown>>;
  /** A cell of an answer to queryJobs. */
  readonly fields: readonly unknown[];
}

/** Things that the server has made, whose rows are the samples of those that the bare one writes. */
export interface Samples {
  readonly teamId: string;
  /** Published, of 20 steps. */
  readonly templateId: string;
  /** Its lock is held. */
  readonly lockedId: string;
  /** First step started and finished. */
  readonly jobId: string;
}

export interface BareSettings extends Samples {
  /** A copy of the server's database. */
  readonly file: string;
  readonly answers: Answers;
}
