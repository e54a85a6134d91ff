/**
 * Steps as clients send them, made ready to be stored: checked one by one, freed of what is derived and of what only getHistory
 * fills, their ids given. The server gives ids to every step, field and notice, unless a step or a group above it says
 * `clientGeneratedIds` and brings one.
 */
import {
  MAX_DESCRIPTION_LENGTH,
  MAX_DOCUMENT_CAPTION_LENGTH,
  MAX_EMAIL_LENGTH,
  MAX_LIST_OPTION_LENGTH,
  MAX_NAME_LENGTH,
  MAX_TITLE_LENGTH,
  MAX_TREE_DEPTH,
} from '#gen/common_types';
import type { StepFlow } from '#gen/flow_types';
import type { EquipmentIcon, NoticeHeader, StepGroupHeaders } from '#gen/group_headers_types';
import { MAX_FILTER_BYTES } from '#gen/jobs_types';
import type { MetadataEntry } from '#gen/metadata_types';
import type { BaseStep, Field, StepDescriptionElement, StepGroup } from '#gen/step_types';
import { BadRequest } from '../base/errors.ts';
import type { Ids } from '../base/ids.ts';
import { cannotBeKey } from '../base/text.ts';
import { bounded } from './limits.ts';
import { checkAction } from './received-actions.ts';
import type { StoredMetadata } from './references.ts';
import { isGroup } from './tree.ts';

type Kind = 'step' | 'stepGroup';

/** Gives an id: the client's where it may bring one, else a new one. */
type Identify = (id: string) => string;

/**
 * What the step names (documents, categories, icons, metadata) is kept as ids, to be looked up in the transaction that stores it.
 * @param knownIds ids that the tree has already: they are kept
 * @throws BadRequest (400)
 */
export const received = (step: BaseStep, ids: Ids, kind: Kind, knownIds: ReadonlySet<string> = NONE): BaseStep =>
  stored(checked(step, ids, kind, knownIds, false, 1));

/** With ids, and what it names as ids; still with what is unset. @throws BadRequest (400) */
function checked(
  step: BaseStep,
  ids: Ids,
  kind: Kind,
  knownIds: ReadonlySet<string>,
  keepIds: boolean,
  depth: number,
): BaseStep {
  checkStep(step, kind);
  if (depth > MAX_TREE_DEPTH) {
    throw new BadRequest('limit-exceeded', `children: "${step.title}" lies deeper than ${MAX_TREE_DEPTH} levels`, {
      field: 'children',
      limit: String(MAX_TREE_DEPTH),
    });
  }
  const keep = keepIds || step.clientGeneratedIds;
  const identify: Identify = id => ((keep && id) || knownIds.has(id) ? id : ids.next());
  return {
    ...step,
    ...withoutPlace,
    id: identify(step.id),
    metadataEntry: undefined,
    metadataById: metadataOf(step),
    descrip: step.descrip.map(element => receivedElement(element, identify)),
    impl:
      kind === 'step'
        ? { step: { ...step.impl.step!, stepFields: step.impl.step!.stepFields.map(field => withId(field, identify)) } }
        : { stepGroup: receivedGroup(step.impl.stepGroup!, identify) },
    children: step.children.map(child =>
      checked(child, ids, isGroup(child) ? 'stepGroup' : 'step', knownIds, keep, depth + 1),
    ),
  } as BaseStep;
}

const NONE: ReadonlySet<string> = new Set();

/** Of both fields that a client may send it in; undefined for none. */
function metadataOf({ title, metadataEntry, metadataById }: BaseStep): StoredMetadata | undefined {
  const byId = Object.entries(metadataById ?? {}).map(([metadataId, entry]) => ({ ...entry, metadataId }));
  const entries = [...(metadataEntry ?? []), ...byId];
  return entries.length === 0 ? undefined : receivedMetadata(`metadata of "${title.slice(0, 60)}"`, entries);
}

/**
 * Metadata as clients send it, by definition. Where one is given twice, the last counts.
 * @throws BadRequest (400) for one without a value
 */
export function receivedMetadata(field: string, entries: readonly MetadataEntry[]): StoredMetadata {
  const byId = entries.map(({ metadataId, value, idValue }) => {
    const given = idValue ?? value;
    if (given == null || cannotBeKey(metadataId)) {
      const found = given == null ? 'has no value' : 'is no id of a definition';
      throw new BadRequest('invalid-argument', `${field}: ${metadataId.slice(0, 100)} ${found}; set value or idValue`, {
        metadataId: metadataId.slice(0, 100),
      });
    }
    return [metadataId, { metadataId, value: given }] as const;
  });
  return Object.fromEntries(byId);
}

function receivedElement(element: StepDescriptionElement, identify: Identify): StepDescriptionElement {
  const { doc, notice } = element;
  if (notice) return { notice: withId(keptNotice(notice), identify) };
  if (!doc) return element;
  const kept = { id: doc.id, ...(doc.caption && { caption: doc.caption }) };
  return { doc: kept as NonNullable<StepDescriptionElement['doc']> };
}

/** The icon as its id. */
const keptNotice = ({ icon, ...notice }: NoticeHeader): NoticeHeader =>
  ({ ...notice, ...(icon && { icon: { id: icon.id } }) }) as NoticeHeader;

/** What follows from a step's place in the tree, or in a job. */
const withoutPlace = { hierarchyPosition: '', parentId: '', parentJobBaseStepId: '', jobBaseStepId: '' };

const withId = <T extends { id: string }>(thing: T, identify: Identify): T => ({ ...thing, id: identify(thing.id) });

const receivedGroup = ({ headers, ...group }: StepGroup, identify: Identify): StepGroup => {
  const kept = headers && identifiedHeaders(headers, identify);
  return kept && Object.keys(kept).length > 0 ? { ...group, headers: kept } : group;
};

/**
 * The headers of a group as a client sent them. Notices that the group has keep their ids; all others get one of the server's.
 * @throws BadRequest (400)
 */
export function receivedHeaders(headers: StepGroupHeaders, ids: Ids, group?: BaseStep): StepGroupHeaders {
  const known = new Set(group?.impl.stepGroup?.headers?.notices?.map(notice => notice.id));
  return identifiedHeaders(headers, id => (known.has(id) ? id : ids.next()));
}

function identifiedHeaders(
  { category, equipment, notices, condition }: StepGroupHeaders,
  identify: Identify,
): StepGroupHeaders {
  for (const notice of notices ?? []) checkNotice(notice);
  if (condition) bounded('headers.condition', condition, MAX_DESCRIPTION_LENGTH);
  return stored({
    ...(category && { category: { id: category.id } as NonNullable<StepGroupHeaders['category']> }),
    ...(equipment && equipment.length > 0 && { equipment: equipment.map(({ id }) => ({ id }) as EquipmentIcon) }),
    ...(notices && notices.length > 0 && { notices: notices.map(notice => withId(keptNotice(notice), identify)) }),
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
  if (step.flow) {
    checkHelp(step.flow, name);
    checkWays(step.flow, name);
    if (step.flow.action) checkAction(step.flow.action, name);
  }
  for (const field of step.impl.step?.stepFields ?? []) checkField(field, name);
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
  if (doc) bounded(`caption in descrip of ${name}`, doc.caption ?? '', MAX_DOCUMENT_CAPTION_LENGTH);
}

const MOST_PATHS = 100;
const LONGEST_LABEL = 250;

/** Lengths and numbers; what they mean together is asked when the procedure is published. */
function checkWays({ condition, paths }: StepFlow, name: string): void {
  checkFilterLength(`flow.condition of ${name}`, condition);
  if ((paths ?? []).length > MOST_PATHS)
    throw new BadRequest('limit-exceeded', `flow.paths of ${name}: ${paths!.length}; a step may have ${MOST_PATHS}`, {
      limit: String(MOST_PATHS),
      found: String(paths!.length),
    });
  for (const [index, path] of (paths ?? []).entries()) {
    const place = `flow.paths[${index}]`;
    if (!path.nextStepId)
      throw new BadRequest('invalid-argument', `${place}.nextStepId of ${name}: empty; name a step`);
    bounded(`${place}.nextStepId of ${name}`, path.nextStepId, MAX_NAME_LENGTH);
    bounded(`${place}.label of ${name}`, path.label ?? '', LONGEST_LABEL);
    bounded(`${place}.assignedTo of ${name}`, path.assignedTo ?? '', MAX_EMAIL_LENGTH);
    bounded(`${place}.jobStatus of ${name}`, path.jobStatus ?? '', MAX_NAME_LENGTH);
    checkFilterLength(`${place}.condition of ${name}`, path.condition);
  }
}

function checkFilterLength(field: string, filter: string | null | undefined): void {
  const bytes = Buffer.byteLength(filter ?? '');
  if (bytes <= MAX_FILTER_BYTES) return;
  throw new BadRequest('limit-exceeded', `${field}: ${bytes} bytes; at most ${MAX_FILTER_BYTES}`, {
    limit: String(MAX_FILTER_BYTES),
    found: String(bytes),
  });
}

function checkHelp({ helpText, helpUrl }: StepFlow, name: string): void {
  bounded(`flow.helpText of ${name}`, helpText ?? '', MAX_DESCRIPTION_LENGTH);
  if (helpUrl && !/^https?:\/\//i.test(helpUrl)) {
    throw new BadRequest(
      'invalid-argument',
      `flow.helpUrl of ${name}: "${helpUrl.slice(0, 80)}"; expected http:// or https://`,
    );
  }
}

const checkNotice = ({ descrip }: NoticeHeader): string => bounded('notice', descrip, MAX_DESCRIPTION_LENGTH);

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
  'flowDiff',
]);

/**
 * Content without what is unset, which arrives as null or not at all, and without differences. No key of it is one that cannot be a key.
 * Its keys are in order, as its canonical JSON wants them.
 */
export function stored<T>(value: T): T {
  if (Array.isArray(value)) return value.map(stored) as T;
  if (value === null || typeof value !== 'object') return value;
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const field = value[key as keyof T];
    if (field != null && !DIFFERENCES.has(key)) kept[key] = stored(field);
  }
  return kept as T;
}
