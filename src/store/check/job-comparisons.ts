/** What must hold of jobs and what belongs to them. */
import { type Comparison, reference } from './comparison.ts';

const ofJob = (alias: string): string => `${alias}.team_id = t.team_id and ${alias}.job_id = t.job_id`;

const entry = (column: string): string => `(select ${column} from template_entries as e
  where e.team_id = t.team_id and e.template_id = t.template_id and e.internal_version = t.internal_version)`;

/** The R-tree has numbers of 32 bits, rounded outwards. */
const rounded = (column: string, outwards: '<=' | '>='): string => {
  const slack = `(abs(t.${column}) * 1e-6 + 1e-6)`;
  return `b.${column} ${outwards} t.${column} and abs(b.${column} - t.${column}) <= ${slack}`;
};

export const jobComparisons: readonly Comparison[] = [
  {
    name: 'jobs count their open holds',
    table: 'jobs',
    what: 'open_holds',
    right: `(select count(*) from job_holds as h where ${ofJob('h')} and h.released_date is null)`,
  },
  {
    name: 'jobs count who waits for them',
    table: 'jobs',
    what: 'waited_for',
    right: `(select count(*) from job_holds as h where h.team_id = t.team_id and h.dependent_job_id = t.job_id
      and h.dependent_job_id is not null and h.released_date is null)`,
  },
  {
    name: 'jobs count their history',
    table: 'jobs',
    what: 'history_seq',
    right: `(select coalesce(max(h.seq), 0) from job_history as h where ${ofJob('h')})`,
  },
  {
    name: 'histories have no gaps',
    table: 'jobs',
    what: 'rows of history',
    found: `(select count(*) from job_history as h where ${ofJob('h')})`,
    right: `(select coalesce(max(h.seq), 0) from job_history as h where ${ofJob('h')})`,
  },
  {
    name: 'jobs count their finished steps',
    table: 'jobs',
    what: 'finished_leaves',
    right: `(select count(*) from job_steps as s where ${ofJob('s')} and s.finished_at is not null and s.ordinal >= 0)`,
  },
  {
    name: 'jobs are as complete as their finished steps say',
    table: 'jobs',
    what: 'percent_complete',
    // Where steps were passed over, the tree says how many leaves count: the engine looks at those.
    of: 't.closed = 1 or (t.percent_given = 0 and t.flow_state is null)',
    right: `(case when t.closed = 1 then 100.0 else cast(${entry(
      'case when e.leaf_count = 0 then 100 else (100 * t.finished_leaves) / e.leaf_count end',
    )} as double precision) end)`,
  },
  {
    name: 'jobs run the publication that they name',
    table: 'jobs',
    what: 'template_version',
    right: entry('e.published_version'),
  },
  reference(
    'parents of jobs are there',
    'jobs',
    'parent_job',
    'jobs as p',
    'p.team_id = t.team_id and p.job_id = t.parent_job',
  ),
  {
    name: 'steps of jobs stand among the steps of their entry',
    table: 'job_steps',
    what: 'ordinal',
    of: 't.ordinal >= 0',
    right: `(select t.ordinal from jobs as j join template_entries as e
      on e.team_id = j.team_id and e.template_id = j.template_id and e.internal_version = j.internal_version
      where ${ofJob('j')} and t.ordinal < e.leaf_count)`,
  },
  reference(
    'titles of steps can be searched for',
    'job_steps',
    'step_name',
    'step_titles as s',
    's.team_id = t.team_id and s.title = t.step_name',
    't.ordinal >= 0',
  ),
  reference(
    'jobs that others wait for are there',
    'job_holds',
    'dependent_job_id',
    'jobs as j',
    'j.team_id = t.team_id and j.job_id = t.dependent_job_id',
    't.dependent_job_id is not null and t.released_date is null',
  ),
  {
    name: 'comments tell their length',
    table: 'job_comments',
    what: 'bytes',
    right: { sqlite: 'length(cast(t.text as blob))', postgres: 'octet_length(t.text)' },
  },
  {
    name: 'locations stand in the index of rectangles',
    table: 'job_locations',
    what: 'box_id',
    right: {
      sqlite: `(select b.box_id from job_location_boxes as b where b.box_id = t.box_id and b.job_id = t.job_id
        and b.team_from = t.team_number and b.team_to = t.team_number and ${rounded('west', '<=')} and ${rounded('south', '<=')}
        and ${rounded('east', '>=')} and ${rounded('north', '>=')})`,
      postgres: 'cast(null as bigint)',
    },
  },
  {
    name: 'texts of jobs stand in the index of words',
    table: 'job_texts',
    what: 'text_id',
    right: {
      sqlite: '(select i.rowid from job_text_index as i where i.rowid = t.text_id and i.job_id = t.job_id)',
      postgres: 'cast(null as bigint)',
    },
  },
];
