/** Where hostile values are put: in arguments of functions that the interface knows, each where such a value belongs and where none does. */
import { type Around, LIST, MAP, type Notation, SET, STRING, STRUCT, within } from './bytes.ts';

/** A value's place: the function, and the fields that lead to it, each of a type and a number. */
export interface Place {
  readonly what: string;
  readonly method: string;
  readonly fields: readonly (readonly [type: number, id: number])[];
}

const CREATE = 'JobTemplateService:create';
const UPDATE_METADATA = 'JobTemplateService:updateMetadata';

export const LIST_OF_STRUCTS: Place = { what: 'declared', method: CREATE, fields: [[LIST, 3]] };
export const LIST_OF_TEXTS: Place = { what: 'declared', method: UPDATE_METADATA, fields: [[LIST, 3]] };
export const MAP_OF_STRUCTS: Place = { what: 'declared', method: UPDATE_METADATA, fields: [[MAP, 2]] };
/** TemplateWhereOpts.templateTypes. */
export const SET_OF_NUMBERS: Place = {
  what: 'declared',
  method: 'JobTemplateService:query',
  fields: [
    [STRUCT, 2],
    [SET, 10],
  ],
};
export const TEXT: Place = { what: 'declared', method: CREATE, fields: [[STRING, 1]] };
/** A step, which holds steps. */
export const STEP: Place = { what: 'declared', method: 'JobTemplateService:addStepModular', fields: [[STRUCT, 3]] };

/** A field that no function has. */
export const unknown = (type: number): Place => ({ what: 'unknown', method: CREATE, fields: [[type, 99]] });
/** The same within a struct that the interface knows. */
export const unknownWithin = (type: number): Place => ({
  what: 'unknown within a struct',
  method: CREATE,
  fields: [
    [STRUCT, 2],
    [type, 999],
  ],
});

const into = (notation: Notation, { method, fields }: Place): Around[] => [
  notation.message(method),
  ...fields.map(([type, id]) => notation.field(type, id)),
];

/** A whole message. */
export const put = (notation: Notation, place: Place, value: Buffer): Buffer => within(into(notation, place), value);

/** A message that ends behind its value: of the structs around it there is no end. */
export const putLast = (notation: Notation, place: Place, ...values: Buffer[]): Buffer =>
  Buffer.concat([...into(notation, place).map(([before]) => before), ...values]);
