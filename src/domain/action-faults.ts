/** What is wrong with the actions of a procedure: asked when it is published. Every fault is found, each with its member. */
import type { JobPropertyValue, StepAction } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import type { FieldList } from './filter/filter.ts';
import type { WayGround } from './flow-faults.ts';
import { isPointer } from './json-pointer.ts';
import { filledIn, hasOpenReference, isLiteral, namesIn } from './references-in-texts.ts';
import { walk } from './tree.ts';
import { type ActionKind, actionOf } from './work.ts';

/** A template of the team, of those from which steps create jobs. */
export interface CreatableTemplate {
  readonly isPublished: boolean;
  readonly isArchived: boolean;
  /** What its jobs have, properties among it. */
  readonly fields: FieldList;
}

/** What the team has, of what actions may name. */
export interface ActionGround extends WayGround {
  readonly priorities: readonly string[];
  /** By id. */
  readonly templates: ReadonlyMap<string, CreatableTemplate>;
}

/** The templates that steps create jobs from. */
export const createdFrom = (root: BaseStep): string[] =>
  actionsIn(root).flatMap(({ createJobs }) => (createJobs ? [createJobs.templateId] : []));

/** The users, by id or e-mail address, and the groups that messages go to. */
export const notifiedUsers = (root: BaseStep): string[] =>
  actionsIn(root).flatMap(({ notify }) => notify?.userIds ?? []);
export const notifiedGroups = (root: BaseStep): string[] =>
  actionsIn(root).flatMap(({ notify }) => notify?.groupIds ?? []);

const actionsIn = (root: BaseStep): StepAction[] => walk(root).flatMap(({ step }) => step.flow?.action ?? []);

export function actionFaults(leaf: BaseStep, ground: ActionGround): string[] {
  const { kind, settings } = actionOf(leaf);
  const action = settings[kind];
  if (!action) return [];
  const find = faultsOf[kind] as Find<ActionKind> | undefined;
  return (find?.(action as never, ground) ?? []).map(fault => `flow.action.${kind}.${fault}`);
}

/** Each fault begins with the member. */
type Find<K extends ActionKind> = (action: NonNullable<StepAction[K]>, ground: ActionGround) => string[];

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

const faultsOf: { readonly [K in ActionKind]?: Find<K> } = {
  question: ({ question, responses, canComment, commentRequired }, ground) => [
    ...textFaults('question', question, ground),
    ...twice(responses.map(({ value }) => value)).map(
      value => `responses: the value "${value}" is there twice; give each answer its own`,
    ),
    ...(commentRequired && !canComment ? ['canComment: false, but a comment is required; set it to true'] : []),
  ],
  openUrl: ({ url, label }, ground) => [...urlFaults('url', url, ground), ...textFaults('label', label, ground)],
  webRequest: (action, ground) => [
    ...(methods.includes(action.httpMethod)
      ? []
      : [`httpMethod: "${action.httpMethod}"; expected one of ${methods.join(', ')}`]),
    ...urlFaults('url', action.url, ground),
    ...requestFaults(action, ground),
    ...pointerFaults(action, 'responsePointer'),
    ...propertyFaults(action.responseProperty, ground),
  ],
  externalService: (action, ground) => [
    ...urlFaults('submitUrl', action.submitUrl, ground),
    ...requestFaults(action, ground),
    ...(action.pollUrl ? urlFaults('pollUrl', action.pollUrl, ground, [TICKET]) : []),
    ...pointerFaults(action, 'ticketPointer', 'statePointer', 'messagePointer', 'responsePointer'),
    ...propertyFaults(action.responseProperty, ground),
    ...serviceFaults(action),
  ],
  updateJob: ({ properties }, ground) => valueFaults(properties, ground, ground.fields.ofSteps),
  createJobs: ({ templateId, jobName, properties }, ground) => {
    const template = ground.templates.get(templateId);
    return [
      ...templateFaults(templateId, template),
      ...textFaults('jobName', jobName, ground),
      ...valueFaults(properties ?? [], ground, template?.fields),
    ];
  },
  notify: ({ userIds, groupIds, jobOwner, jobCreator, message }, ground) => [
    ...textFaults('message', message, ground),
    ...(userIds?.length || groupIds?.length || jobOwner || jobCreator
      ? []
      : ['userIds: none, and no other recipients; say who gets the message']),
    ...(userIds ?? [])
      .filter(name => !ground.memberNames.has(name) && !ground.memberNames.has(name.toLowerCase()))
      .map(name => `userIds: no user "${name}" works in this team; give a user's id or e-mail address`),
    ...(groupIds ?? [])
      .filter(id => ground.groups.get(id) !== 'open')
      .map(id =>
        ground.groups.has(id)
          ? `groupIds: the role or group ${id} is archived; choose another`
          : `groupIds: no role or group "${id}"; give the id of one`,
      ),
  ],
};

/** What a poll address may name beside fields and properties of the job. */
export const TICKET = 'ticket';

const twice = (texts: readonly string[]): string[] => [
  ...new Set(texts.filter((text, index) => texts.indexOf(text) !== index)),
];

function textFaults(
  member: string,
  text: string | null | undefined,
  { fields }: ActionGround,
  further: readonly string[] = [],
): string[] {
  if (!text) return [];
  const open = hasOpenReference(text) ? [`${member}: "\${" without "}"; write $$ for a dollar sign`] : [];
  const unknown = [...new Set(namesIn(text))].filter(name => !further.includes(name));
  return [...open, ...unknown.flatMap(name => referenceFault(member, name, fields.ofSteps))];
}

function referenceFault(member: string, name: string, fields: FieldList): string[] {
  const field = fields.find(name);
  if (field?.per === 'job') return [];
  if (field) {
    const many = field.per === 'step' ? 'a job may have several current steps' : 'a job may have several rows of it';
    return [`${member}: \${${name}}, but ${many}; name a field or property that a job has one of`];
  }
  return [
    `${member}: \${${name}}; no such field or property, the nearest are ${fields.nearest(name).slice(0, 3).join(', ')}`,
  ];
}

function urlFaults(member: string, url: string, ground: ActionGround, further: readonly string[] = []): string[] {
  const parsed = /^https?:\/\//i.test(url) ? URL.parse(filledIn(url, 'url', () => '1')) : null;
  const shown = `"${url.slice(0, 80)}"`;
  return [
    ...(parsed ? [] : [`${member}: ${shown}; expected an address that begins with http:// or https://`]),
    ...(parsed?.username || parsed?.password
      ? [`${member}: ${shown} has a user name; send it in the header Authorization`]
      : []),
    ...textFaults(member, url, ground, further),
  ];
}

/** What the server says by itself about a request. */
const ownHeaders = ['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'expect', 'te', 'trailer'];

function requestFaults(
  { headers, body }: { headers?: Record<string, string> | undefined; body?: string | undefined },
  ground: ActionGround,
): string[] {
  return [
    ...Object.entries(headers ?? {}).flatMap(([name, value]) => [
      ...(/^[\w!#$%&'*+.^`|~-]+$/.test(name) ? [] : [`headers: "${name.slice(0, 60)}" is no name of a header`]),
      ...(ownHeaders.includes(name.toLowerCase()) ? [`headers: ${name} is set by the server; leave it out`] : []),
      ...(isHeaderText(value)
        ? []
        : [`headers: the value of ${name.slice(0, 60)} has characters that headers cannot have`]),
      ...textFaults('headers', value, ground),
    ]),
    ...textFaults('body', body, ground),
  ];
}

/** Latin 1 without control characters but tabs: what a header can carry. */
export const isHeaderText = (text: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(text);

function pointerFaults<M extends string>(
  action: { readonly [K in M]?: string | undefined },
  ...members: M[]
): string[] {
  return members
    .filter(member => !isPointer(action[member] ?? ''))
    .map(member => `${member}: "${action[member]}" is no JSON pointer; expected something like /result/0/name`);
}

function propertyFaults(identifier: string | undefined, { fields }: ActionGround): string[] {
  if (!identifier) return [];
  const field = identifier.includes('.') ? fields.ofSteps.find(identifier) : undefined;
  if (!field) return [`responseProperty: jobs have no property "${identifier}"; name one as table.property`];
  return field.per === 'job'
    ? []
    : [`responseProperty: ${identifier} is of a table with many rows; name a property that a job has one of`];
}

function serviceFaults({
  ticketPointer,
  pollUrl,
  statePointer,
  successStates,
  failureStates,
}: NonNullable<StepAction['externalService']>): string[] {
  const both = (successStates ?? []).filter(state => failureStates?.includes(state));
  return [
    ...(ticketPointer && !pollUrl
      ? ['pollUrl: unset, but ticketPointer is set; say where the state is asked for']
      : []),
    ...(pollUrl && !ticketPointer ? ['ticketPointer: unset, but pollUrl is set; say where the ticket stands'] : []),
    ...(statePointer && !successStates?.length
      ? ['successStates: none, but statePointer is set; say which states mean success']
      : []),
    ...(!statePointer && (successStates?.length || failureStates?.length)
      ? ['statePointer: unset, but states are given; say where the state stands']
      : []),
    ...both.map(state => `failureStates: "${state}" is in successStates too; it can mean one of both`),
  ];
}

function templateFaults(templateId: string, template: CreatableTemplate | undefined): string[] {
  if (!template) return [`templateId: the team has no template ${templateId}`];
  if (template.isArchived) return [`templateId: the template ${templateId} is archived; choose another`];
  return template.isPublished ? [] : [`templateId: the template ${templateId} is not published; publish it first`];
}

/** Fields that a step can set, and that a job can be created with. */
export const settableFields = [
  'jobName',
  'description',
  'notes',
  'priority',
  'jobStatus',
  'ownedBy',
  'percentComplete',
  'startDate',
  'dueDate',
  'parentJob',
];

/** @param fields of the jobs that get the values; undefined where they are not known */
function valueFaults(
  values: readonly JobPropertyValue[],
  ground: ActionGround,
  fields: FieldList | undefined,
): string[] {
  return [
    ...twice(values.map(({ identifier }) => identifier)).map(
      identifier => `properties: ${identifier} is there twice; give one value`,
    ),
    ...values.flatMap(({ identifier, value }, index) => [
      ...identifierFaults(`properties[${index}]`, identifier, fields),
      ...textFaults(`properties[${index}].value`, value, ground),
      ...nameFaults(`properties[${index}].value`, identifier, value ?? '', ground),
    ]),
  ];
}

function identifierFaults(place: string, identifier: string, fields: FieldList | undefined): string[] {
  if (!identifier.includes('.'))
    return settableFields.includes(identifier)
      ? []
      : [
          `${place}.identifier: "${identifier}" is no field that can be set; expected table.property, or one of ${settableFields.join(', ')}`,
        ];
  const field = fields?.find(identifier);
  if (!fields || field?.per === 'job') return [];
  return [
    field
      ? `${place}.identifier: ${identifier} is of a table with many rows; name a property that a job has one of`
      : `${place}.identifier: jobs have no property "${identifier}"; name one as table.property`,
  ];
}

/** Names of the team that stand there as they are. */
function nameFaults(
  place: string,
  identifier: string,
  value: string,
  { priorities, statuses }: ActionGround,
): string[] {
  const names = { priority: priorities, jobStatus: statuses }[identifier];
  if (!names || !isLiteral(value) || names.includes(value)) return [];
  return [`${place}: no ${identifier} "${value}"; there are ${names.join(', ')}`];
}
