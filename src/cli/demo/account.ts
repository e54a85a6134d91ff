/** The demo's account of itself: what it prints, and whether everything came out as it must. */
import { JobTemplateLockFailed } from '#gen/job_template_types';
import { type JobActionResponse, JobActionStepStatus } from '#gen/jobs_types';

export class Account {
  readonly print: (text?: string) => void;
  readonly #surprises: string[] = [];

  constructor(print: (text?: string) => void) {
    this.print = print;
  }

  get surprises(): readonly string[] {
    return this.#surprises;
  }

  /** A fact that must hold. */
  must(what: string, holds: boolean): void {
    if (holds) return;
    this.#surprises.push(what);
    this.print(`  NOT AS IT MUST BE: ${what}`);
  }

  /** A mistake that must be refused with this slug, or the exception that stands for one; the refusal is printed. */
  async mistake(who: string, what: string, slug: string, call: Promise<unknown>): Promise<void> {
    const refusal = await call.then(
      () => undefined,
      (error: { slug?: string; message: string }) => error,
    );
    const found = refusal instanceof JobTemplateLockFailed ? 'JobTemplateLockFailed' : refusal?.slug;
    this.must(`${who} ${what}: refused as ${slug}, found ${found ?? 'no refusal'}`, found === slug);
    if (refusal) this.print(`  refused  ${who} ${what}\n           ${slug}: ${refusal.message}`);
  }

  /** A mistake with a step, refused in the step's own answer. */
  async stepMistake(
    who: string,
    what: string,
    status: JobActionStepStatus,
    call: Promise<JobActionResponse>,
  ): Promise<void> {
    const [answer] = (await call).stepResponses;
    const name = JobActionStepStatus[status];
    this.must(
      `${who} ${what}: refused as ${name}, found ${JobActionStepStatus[answer?.status ?? -1]}`,
      answer?.status === status,
    );
    if (answer) this.print(`  refused  ${who} ${what}\n           ${name}: ${answer.statusDescription}`);
  }
}
