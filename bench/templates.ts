/** What templates cost where there are many of them, and where one is large. */
import type { TemplateOrder, TemplateSelectOpts, TemplateWhereOpts } from '#gen/job_template_types';
import type { ClientConnection } from '../src/client/connect.ts';
import { group, step } from '../test/support/trees.ts';
import type { BareTemplates } from './bare.ts';
import type { Operation } from './calls.ts';
import { measure } from './measure.ts';

const TEMPLATES = 10_000;
const PAGE = 50;
const STEPS = 5_000;
const STEPS_OF_A_GROUP = 50;

/** Of a template of 5,000 steps: milliseconds until the answer, which has the whole tree, is decoded; and the server's part of them. */
export type TemplateFigures = Readonly<Record<'fetch' | 'edit' | 'history', { milliseconds: number; server: number }>>;

const templatesOf = (connection: ClientConnection) => connection.service('JobTemplateService');

/**
 * Copies of a template, until there are many.
 * @returns what is measured among them
 */
export async function manyTemplates(connections: readonly ClientConnection[], templateId: string) {
  const templates = (worker: number) => templatesOf(connections[worker]!);
  const copies: string[] = [];
  while (copies.length < TEMPLATES) {
    const made = await Promise.all(connections.map((_, worker) => templates(worker).cloneTemplate(templateId)));
    copies.push(...made.map(({ id }) => id));
  }
  let asked = 0;
  const query = (worker: number, teamId: string) => {
    const pageReq = { size: PAGE, skip: asked++ % (TEMPLATES / PAGE / 2), count: false };
    const where = { teamId, isArchived: false, pageReq } as TemplateWhereOpts;
    return templates(worker).query({} as TemplateSelectOpts, where, BY_TITLE);
  };
  const operations = (teamId: string, bare: BareTemplates): Operation[] => [
    {
      operation: 'query, 50 heads of 10,000',
      yardstick: bare.queries,
      call: worker => query(worker, teamId),
    },
    {
      operation: 'publish, 20 steps',
      yardstick: bare.publications,
      call: worker => templates(worker).publish(copies.pop()!),
    },
  ];
  return { operations };
}

const BY_TITLE: TemplateOrder[] = [{ field: 1, asc: true }];

/** @param pid the server's process */
export async function measureLarge(
  connection: ClientConnection,
  teamId: string,
  pid: number,
): Promise<TemplateFigures> {
  const templates = templatesOf(connection);
  const { id, stepGroup } = await templates.create(teamId, { title: 'Large' }, []);
  await templates.acquireLock(id);
  const aStep = () => step(`Reading ${Math.random()}`);
  const groups = Array.from({ length: STEPS / STEPS_OF_A_GROUP }, () =>
    group('Readings', Array.from({ length: STEPS_OF_A_GROUP }, aStep)),
  );
  const whole = await templates.updateStepGroup(id, { ...stepGroup, title: 'Large', children: groups });
  const place = whole.stepGroup.children[0]!.id;
  const figures = async (act: () => Promise<unknown>) => {
    const { p50, serverMicroseconds = Number.NaN } = await measure(1, 10, act, pid);
    return { milliseconds: p50, server: serverMicroseconds / 1000 };
  };
  const edit = await figures(() => templates.addStepModular(id, place, aStep(), 0, true));
  const { version } = await templates.get(id);
  const fetch = await figures(() => templates.fetch({ includeSteps: true } as TemplateSelectOpts, [id]));
  const history = await figures(() => templates.getHistory(id, [version], version - 1));
  return { fetch, edit, history };
}

export function linesOfTemplates({ fetch, edit, history }: TemplateFigures): string[] {
  const text = ({ milliseconds, server }: typeof fetch) =>
    `${milliseconds.toFixed(0)} ms (server ${server.toFixed(0)})`;
  return [
    `template of 5,000 steps          fetch ${text(fetch)}, edit of a step ${text(edit)}, getHistory of neighbours ${text(history)}`,
  ];
}
