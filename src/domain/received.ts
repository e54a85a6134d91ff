/**
 * Steps as clients send them, made ready to be stored: checked one by one, freed of what is derived and of what only getHistory
 * fills, their ids given. The server gives ids to every step, field and notice, unless a step or a group above it says
 * `clientGeneratedIds` and brings one.
 */
import {
  MAX_DESCRIPTION_LENGTH,
  MAX_LIST_OPTION_LENGTH,
  MAX_NAME_LENGTH,
  MAX_TITLE_LENGTH,
  MAX_TREE_DEPTH,
} from '#gen/common_types';
import type { StepFlow } from '#gen/flow_types';
import type { NoticeHeader, StepGroupHeaders } from '#gen/group_headers_types';
import type { BaseStep, Field, StepDescriptionElement, StepGroup } from '#gen/step_types';
import { BadRequest, NotFound } from '../base/errors.ts';
import type { Ids } from '../base/ids.ts';
import { bounded } from './limits.ts';
import { isGroup } from './tree.ts';

type Kind = 'step' | 'stepGroup';

/** Gives an id: the client's where it may bring one, else a new one. */
type Identify = (id: string) => string;

/** @throws BadRequest (400), NotFound (404) for what the team has none of yet */
export function received(step: BaseStep, ids: Ids, kind: Kind, keepIds = false, depth = 1): BaseStep {
  checkStep(step, kind);
  if (depth > MAX_TREE_DEPTH) {
    throw new BadRequest('limit-exceeded', `"${step.title}" lies deeper than ${MAX_TREE_DEPTH} levels`, {
      limit: String(MAX_TREE_DEPTH),
    });
  }
  const keep = keepIds || step.clientGeneratedIds;
  const identify: Identify = id => (keep && id ? id : ids.next());
  return stored({
    ...step,
    ...withoutPlace,
    id: identify(step.id),
    descrip: step.descrip.map(element => (element.notice ? { notice: withId(element.notice, identify) } : element)),
    impl:
      kind === 'step'
        ? { step: { ...step.impl.step!, stepFields: step.impl.step!.stepFields.map(field => withId(field, identify)) } }
        : { stepGroup: receivedGroup(step.impl.stepGroup!, identify) },
    children: step.children.map(child => received(child, ids, isGroup(child) ? 'stepGroup' : 'step', keep, depth + 1)),
  });
}

/** What follows from a step's place in the tree, or in a job. */
const withoutPlace = { hierarchyPosition: '', parentId: '', parentJobBaseStepId: '', jobBaseStepId: '' };

const withId = <T extends { id: string }>(thing: T, identify: Identify): T => ({ ...thing, id: identify(thing.id) });

const receivedGroup = ({ headers, ...group }: StepGroup, identify: Identify): StepGroup => {
  const kept = headers && identifiedHeaders(headers, identify);
  return kept && Object.keys(kept).length > 0 ? { ...group, headers: kept } : group;
};

/**
 * The headers of a group as a client sent them. Notices that the group has keep their ids; all others get one of the server's.
 * @throws BadRequest (400), NotFound (404) for a category or icon: teams have none of their own yet
 */
export function receivedHeaders(headers: StepGroupHeaders, ids: Ids, group?: BaseStep): StepGroupHeaders {
  const known = new Set(group?.impl.stepGroup?.headers?.notices?.map(notice => notice.id));
  return identifiedHeaders(headers, id => (known.has(id) ? id : ids.next()));
}

function identifiedHeaders(
  { category, equipment, notices, condition }: StepGroupHeaders,
  identify: Identify,
): StepGroupHeaders {
  if (category) {
    throw new NotFound('category-not-found', `headers.category: the team has no category ${category.id}`, {
      categoryId: category.id,
    });
  }
  const [icon] = equipment ?? [];
  if (icon) throw iconNotFound(icon.id);
  for (const notice of notices ?? []) checkNotice(notice);
  if (condition) bounded('headers.condition', condition, MAX_DESCRIPTION_LENGTH);
  return stored({
    ...(notices && notices.length > 0 && { notices: notices.map(notice => withId(notice, identify)) }),
    ...(condition && { condition }),
  });
}

function checkStep(step: BaseStep, kind: Kind): void {
  const name = `"${step.title.slice(0, 60)}"`;
  checkShape(step, kind, name);
  if (step.title.trim() === '') {
    throw new BadRequest(
      'invalid-argument',
      `title: empty; every step and group needs one of 1 to ${MAX_TITLE_LENGTH} characters`,
    );
  }
  bounded('title', step.title, MAX_TITLE_LENGTH);
  bounded(`id of ${name}`, step.id, MAX_NAME_LENGTH);
  bounded(`clientId of ${name}`, step.clientId, MAX_NAME_LENGTH);
  for (const element of step.descrip) checkDescription(element, name);
  if (step.flow) checkHelp(step.flow, name);
  for (const field of step.impl.step?.stepFields ?? []) checkField(field, name);
  const [metadataId] = [
    ...Object.keys(step.metadataById ?? {}),
    ...(step.metadataEntry ?? []).map(entry => entry.metadataId),
  ];
  if (metadataId !== undefined) {
    throw new NotFound('metadata-not-found', `metadata of ${name}: the team has no metadata definition ${metadataId}`, {
      metadataId,
    });
  }
}

function checkShape(step: BaseStep, kind: Kind, name: string): void {
  if (step.impl?.[kind] == null) {
    throw new BadRequest(
      'invalid-argument',
      `impl of ${name}: expected ${kind} to be set; a step has impl.step, a group impl.stepGroup`,
    );
  }
  if (kind === 'step' && step.flow?.mode != null) {
    throw new BadRequest(
      'invalid-argument',
      `flow.mode of ${name}: a step has none; only a group is SEQUENTIAL or PARALLEL`,
    );
  }
  if (kind === 'step' && step.children.length > 0) {
    throw new BadRequest(
      'invalid-argument',
      `children of ${name}: a step has none; only a group (impl.stepGroup) has children`,
    );
  }
}

function checkDescription({ txt, link, doc, notice }: StepDescriptionElement, name: string): void {
  if (txt) bounded(`descrip of ${name}`, txt.txt, MAX_DESCRIPTION_LENGTH);
  if (link) bounded(`link in descrip of ${name}`, link.label + link.url, MAX_DESCRIPTION_LENGTH);
  if (notice) checkNotice(notice);
  if (doc)
    throw new NotFound('document-not-found', `descrip of ${name}: the team has no document ${doc.id}`, {
      documentId: doc.id,
    });
}

function checkHelp({ action, helpText, helpUrl }: StepFlow, name: string): void {
  bounded(`flow.helpText of ${name}`, helpText ?? '', MAX_DESCRIPTION_LENGTH);
  bounded(`flow.action.manual.prompt of ${name}`, action?.manual?.prompt ?? '', MAX_DESCRIPTION_LENGTH);
  if (helpUrl && !/^https?:\/\//i.test(helpUrl)) {
    throw new BadRequest(
      'invalid-argument',
      `flow.helpUrl of ${name}: "${helpUrl.slice(0, 80)}"; expected http:// or https://`,
    );
  }
}

function checkNotice({ descrip, icon }: NoticeHeader): void {
  bounded('notice', descrip, MAX_DESCRIPTION_LENGTH);
  if (icon) throw iconNotFound(icon.id);
}

const iconNotFound = (iconId: string): NotFound =>
  new NotFound('icon-not-found', `headers: the team has no icon ${iconId}`, { iconId });

function checkField({ id, clientId, key, fieldData }: Field, name: string): void {
  bounded(`key of a field of ${name}`, key, MAX_TITLE_LENGTH);
  bounded(`id of a field of ${name}`, id, MAX_NAME_LENGTH);
  bounded(`clientId of a field of ${name}`, clientId, MAX_NAME_LENGTH);
  for (const option of fieldData?.listOptions?.options ?? [])
    bounded(`option of a field of ${name}`, option, MAX_LIST_OPTION_LENGTH);
}

/** Fields that only getHistory fills, by name: differences to another entry. */
const DIFFERENCES = new Set([
  'latestChange',
  'childChange',
  'titleDiff',
  'otherField',
  'otherAssignee',
  'stepTypeDiff',
  'descriptionDiff',
  'iconDiff',
  'categoryDiff',
  'conditionDiff',
  'valueDiff',
]);

/** Content without what is unset, which arrives as null or not at all, and without differences. */
export function stored<T>(value: T): T {
  if (Array.isArray(value)) return value.map(stored) as T;
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([key, field]) => field != null && !DIFFERENCES.has(key));
  return Object.fromEntries(kept.map(([key, field]) => [key, stored(field)])) as T;
}
