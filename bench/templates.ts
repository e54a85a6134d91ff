/** What templates cost where there are many of them, and where one is large. */
import type { TemplateOrder, TemplateSelectOpts, TemplateWhereOpts } from '#gen/job_template_types';
import type { ClientConnection } from '../src/client/connect.ts';
import { group, step } from '../test/support/trees.ts';
import { type Measured, measure } from './measure.ts';

const TEMPLATES = 10_000;
const PAGE = 50;
const STEPS = 5_000;
const STEPS_OF_A_GROUP = 50;

export interface TemplateFigures {
  /** 50 heads of 10,000, with a filter and an order, a page elsewhere each time; one and eight in flight. */
  readonly query: readonly [Measured, Measured];
  /** A copy of 20 steps, and its publication; one and eight in flight. */
  readonly cloneAndPublish: readonly [Measured, Measured];
  /** Of a template of 5,000 steps, milliseconds. */
  readonly fetchOf5000: number;
  readonly editOf5000: number;
  readonly historyOf5000: number;
}

const templatesOf = (connection: ClientConnection) => connection.service('JobTemplateService');

/** @param templateId a template of 20 steps */
export async function measureTemplates(
  connections: readonly ClientConnection[],
  teamId: string,
  templateId: string,
): Promise<TemplateFigures> {
  const templates = (worker: number) => templatesOf(connections[worker]!);
  const cloneAndPublish = async (worker: number) => {
    const { id } = await templates(worker).cloneTemplate(templateId);
    await templates(worker).publish(id);
  };
  const published = [await measure(1, 200, cloneAndPublish), await measure(8, 400, cloneAndPublish)] as const;
  for (let made = 0; made < TEMPLATES; made += connections.length)
    await Promise.all(connections.map((_, worker) => templates(worker).cloneTemplate(templateId)));
  let asked = 0;
  const query = (worker: number) => {
    const pageReq = { size: PAGE, skip: asked++ % (TEMPLATES / PAGE / 2), count: false };
    const where = { teamId, isArchived: false, pageReq } as TemplateWhereOpts;
    return templates(worker).query({} as TemplateSelectOpts, where, BY_TITLE);
  };
  const queried = [await measure(1, 200, query), await measure(8, 400, query)] as const;
  return { query: queried, cloneAndPublish: published, ...(await measureLarge(connections[0]!, teamId)) };
}

const BY_TITLE: TemplateOrder[] = [{ field: 1, asc: true }];

async function measureLarge(
  connection: ClientConnection,
  teamId: string,
): Promise<Pick<TemplateFigures, 'fetchOf5000' | 'editOf5000' | 'historyOf5000'>> {
  const templates = templatesOf(connection);
  const { id, stepGroup } = await templates.create(teamId, { title: 'Large' }, []);
  await templates.acquireLock(id);
  const aStep = () => step(`Reading ${Math.random()}`);
  const groups = Array.from({ length: STEPS / STEPS_OF_A_GROUP }, () =>
    group('Readings', Array.from({ length: STEPS_OF_A_GROUP }, aStep)),
  );
  const whole = await templates.updateStepGroup(id, { ...stepGroup, title: 'Large', children: groups });
  const place = whole.stepGroup.children[0]!.id;
  const edit = await measure(1, 5, () => templates.addStepModular(id, place, aStep(), 0, true));
  const { version } = await templates.get(id);
  const fetch = await measure(1, 5, () => templates.fetch({ includeSteps: true } as TemplateSelectOpts, [id]));
  const history = await measure(1, 5, () => templates.getHistory(id, [version], version - 1));
  return { fetchOf5000: fetch.p50, editOf5000: edit.p50, historyOf5000: history.p50 };
}

export const linesOfTemplates = (figures: TemplateFigures): string[] => [
  `query, 50 heads of 10,000        ${rates(figures.query)}`,
  `clone and publish, 20 steps      ${rates(figures.cloneAndPublish)}`,
  `template of 5,000 steps          fetch ${figures.fetchOf5000.toFixed(0)} ms, edit of a step ${figures.editOf5000.toFixed(0)} ms, getHistory of neighbours ${figures.historyOf5000.toFixed(0)} ms, answers with the whole tree included`,
];

const rates = ([one, eight]: readonly [Measured, Measured]): string =>
  `${one.perSecond.toFixed(0)}/s alone, ${eight.perSecond.toFixed(0)}/s with 8 in flight (p99 ${eight.p99.toFixed(1)} ms)`;
