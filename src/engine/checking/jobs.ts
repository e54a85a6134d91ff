/** What jobs are found by: their words, and the rectangles around their locations; and how far those are that passed steps over. */
import type { Geometry } from '#gen/jobs_types';
import { FlowChart } from '../../domain/flow.ts';
import { extentOf, type Position } from '../../domain/geometry/positions.ts';
import { PropertyTables } from '../../domain/properties/tables.ts';
import type { Check, Ground } from '../../store/check/finding.ts';
import { pages } from '../../store/check/pages.ts';
import { keptTexts, sharedTexts, teamKey, textsOf } from '../../store/job-texts.ts';
import type { JobRow } from '../../store/jobs.ts';
import { teamNumber } from '../../store/locations.ts';
import { entryKey } from '../../store/properties.ts';
import { keptFlow } from '../flow-state.ts';
import { propertyTexts } from '../job-texts.ts';
import { percentOf } from '../progress.ts';
import { tellDifferences } from './derived.ts';

const JOBS_PER_PAGE = 500;

/** The jobs of each page, with what they show of their entries. */
async function* jobPages(ground: Ground): AsyncGenerator<[teamId: string, jobs: readonly JobRow[]]> {
  for await (const page of pages(ground, 'jobs', JOBS_PER_PAGE, []))
    for (const [teamId, heads] of Map.groupBy(page, row => row.team_id))
      yield [
        teamId,
        await ground.reader.jobs.jobs(
          [teamId],
          heads.map(head => head.job_id),
        ),
      ];
}

async function checkTexts(ground: Ground): Promise<void> {
  const { properties } = ground.reader;
  for await (const [teamId, jobs] of jobPages(ground)) {
    const ids = jobs.map(job => job.job_id);
    const tables = await properties.tablesOf(teamId, ids);
    const rows = tables.size === 0 ? [] : await properties.rows(teamId, ids);
    const [rowsOf, keptOf] = [
      Map.groupBy(rows, row => row.job_id),
      await keptTexts(ground.db, ground.engine, teamId, ids),
    ];
    for (const job of jobs) {
      const declared = PropertyTables.of(tables.get(entryKey(job)) ?? null);
      const values = propertyTexts(declared, rowsOf.get(job.job_id) ?? []);
      const right = textsOf(job, sharedTexts(job, values)).parts;
      const kept = keptOf.get(job.job_id) ?? [];
      const key = [teamId, job.job_id];
      const is = lines(kept.map(part => part.words));
      if (is !== lines(right)) ground.tell({ table: 'job_texts', key, what: 'words', found: is, right: lines(right) });
      const foreign = kept.find(part => part.team_key !== teamKey(teamId));
      if (foreign)
        ground.tell({ table: 'job_texts', key, what: 'team_key', found: foreign.team_key, right: teamKey(teamId) });
    }
  }
}

/** Texts in whatever order: rows of properties have one of their own. */
const lines = (parts: readonly string[]): string => parts.join('\n').split('\n').sort().join('\n');

async function checkLocations(ground: Ground): Promise<void> {
  for await (const page of pages(ground, 'job_locations', JOBS_PER_PAGE))
    for (const row of page) {
      const { points, paths, rings } = JSON.parse(row.geometry) as Geometry;
      const parts = (points ? [points] : (paths ?? rings ?? [])) as unknown as readonly (readonly Position[])[];
      const { xmin, ymin, xmax, ymax } = extentOf(parts);
      const rights = { west: xmin, south: ymin, east: xmax, north: ymax, team_number: teamNumber(row.team_id) };
      tellDifferences(ground, 'job_locations', row, rights);
    }
}

/** The other jobs are checked by SQL: there it is a quotient. */
async function checkPassing(ground: Ground): Promise<void> {
  const { jobs: steps, jobLists, trees } = ground.reader;
  for await (const [teamId, page] of jobPages(ground)) {
    const jobs = page.filter(job => job.closed === 0 && job.percent_given === 0 && job.flow_state !== null);
    if (jobs.length === 0) continue;
    const ids = jobs.map(job => job.job_id);
    const finishedOf = await jobLists.finishedSteps(teamId, ids);
    const currentOf = Map.groupBy(await steps.currentSteps(teamId, ids), step => step.job_id);
    const roots = await trees.trees(
      teamId,
      jobs.map(job => job.root_hash),
    );
    for (const job of jobs) {
      const finished = new Set(finishedOf.get(job.job_id));
      const percent_complete = percentOf(
        {
          chart: FlowChart.of(roots.get(job.root_hash)!),
          finishedLeaves: job.finished_leaves,
          finished,
          passed: new Set(keptFlow(job).passed),
          current: new Set((currentOf.get(job.job_id) ?? []).map(step => step.step_id)),
        },
        job.leaf_count,
      );
      tellDifferences(ground, 'jobs', job, { percent_complete });
    }
  }
}

export const jobChecks: readonly Check[] = [
  { name: 'jobs are found by their words', run: checkTexts },
  { name: 'jobs are found where they are', run: checkLocations },
  { name: 'jobs that passed steps over are as complete as the rest says', run: checkPassing },
];
