/** What the three servers have in common: where their data is, on which ports they are, and one answer that is made anew each time. */
import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import type { JobTemplate } from '#gen/job_template_types';
import { type Handlers, open } from '../../src/services/surface.ts';
import type { ProtocolName } from './message.ts';

export interface ServerSettings {
  /** The database. */
  readonly file: string;
  /** A JobTemplate in JSON. */
  readonly answer: string;
}

export type Ports = Readonly<Record<ProtocolName, number>>;

export const HOST = '127.0.0.1';
export const VERSION = '0.1.0';

/**
 * Handlers whose JobTemplateService.getPublicVersion answers with a template that needs neither database nor token, and whose every
 * object exists for this one answer: an encoding that was kept of an earlier one is of no use. A literal is what makes such a tree
 * in the least time (V8 copies a boilerplate), so the row that calls it shows the wire and hardly anything else.
 */
export function answeringAfresh(file: string, handlers: Handlers): Handlers {
  const afresh: () => JobTemplate = runInThisContext(`() => (${readFileSync(file, 'utf8')})`);
  Object.assign(open, { JobTemplateService: ['getPublicVersion'] });
  Object.assign(handlers.JobTemplateService, { getPublicVersion: async () => afresh() });
  return handlers;
}
