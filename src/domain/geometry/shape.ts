/** What a geometry is made of: one to many parts of positions, by the one member that is set. */
import { GeometryType } from '#gen/flow_types';
import { type Geometry, MAX_GEOMETRY_POSITIONS } from '#gen/jobs_types';
import { BadRequest } from '../../base/errors.ts';
import { invalidGeometry, type Position } from './positions.ts';

type Member = 'points' | 'paths' | 'rings';

export interface Shape {
  readonly kind: GeometryType;
  /** What the geometry is set by; a Point by `points`, like a Multipoint of one. */
  readonly member: Member;
  readonly parts: readonly (readonly Position[])[];
  /** The paths of a part, and of a position, in the geometry as it was sent. */
  part(part: number): string;
  place(part: number, index: number): string;
}

type Numbers = readonly (readonly number[])[];

/** Fewest positions of a part, and what the kind is called in messages. */
interface Rule {
  readonly member: Member;
  readonly kind: GeometryType;
  readonly part: string;
  readonly fewest: number;
}

const rules: readonly Rule[] = [
  { member: 'points', kind: GeometryType.Multipoint, part: 'a Multipoint', fewest: 1 },
  { member: 'paths', kind: GeometryType.Polyline, part: 'a line', fewest: 2 },
  { member: 'rings', kind: GeometryType.Polygon, part: 'a ring', fewest: 4 },
];

const EXPECTED = 'expected x and y, or points, or paths, or rings';

/** @throws BadRequest (400) when it is no geometry, or too large a one */
export function shapeOf(field: string, geometry: Geometry): Shape {
  const { x, y } = geometry;
  const set = rules.filter(({ member }) => geometry[member] != null);
  const names = [...(x != null || y != null ? ['x and y'] : []), ...set.map(({ member }) => member)];
  if (names.length !== 1)
    throw invalidGeometry(
      field,
      `${names.length === 0 ? 'nothing is' : `${names.join(' and ')} are`} set; ${EXPECTED}`,
    );
  const [rule] = set;
  if (rule) return ofParts(field, geometry, rule);
  if (x == null || y == null)
    throw invalidGeometry(field, `${x == null ? 'y' : 'x'} is set alone; a Point has x and y`);
  return { kind: GeometryType.Point, member: 'points', parts: [[[x, y]]], part: () => field, place: () => field };
}

function ofParts(field: string, geometry: Geometry, { member, kind, part, fewest }: Rule): Shape {
  const path = `${field}.${member}`;
  const sent: readonly Numbers[] = member === 'points' ? [geometry.points!] : geometry[member]!;
  const pathOf = (index: number) => (member === 'points' ? path : `${path}[${index}]`);
  if (sent.length === 0) throw invalidGeometry(path, `is empty; expected ${part} at least`);
  refuseTooMany(path, sent);
  const parts = sent.map((positions, index) => {
    if (positions.length < fewest)
      throw invalidGeometry(pathOf(index), `${positions.length} positions; ${part} has at least ${fewest}`);
    return positions.map((numbers, at) => position(numbers, () => `${pathOf(index)}[${at}]`));
  });
  // One position is one position, whichever way it was sent.
  const single = member === 'points' && parts[0]!.length === 1;
  return {
    kind: single ? GeometryType.Point : kind,
    member,
    parts,
    part: pathOf,
    place: (index, at) => `${pathOf(index)}[${at}]`,
  };
}

function refuseTooMany(path: string, parts: readonly Numbers[]): void {
  const found = parts.reduce((sum, part) => sum + part.length, 0);
  if (found <= MAX_GEOMETRY_POSITIONS) return;
  throw new BadRequest('limit-exceeded', `${path}: ${found} positions; a geometry may have ${MAX_GEOMETRY_POSITIONS}`, {
    field: path,
    limit: String(MAX_GEOMETRY_POSITIONS),
    found: String(found),
  });
}

function position([x, y]: readonly number[], path: () => string): Position {
  if (x === undefined || y === undefined)
    throw invalidGeometry(path(), `${x === undefined ? 'no' : 'one'} number; a position has two, x and y`);
  return [x, y];
}
