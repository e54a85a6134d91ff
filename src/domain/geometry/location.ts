/** The location of a job: what was sent as a geometry, checked and brought into Web Mercator (3857). */
import { GeometryType } from '#gen/flow_types';
import type { Geometry } from '#gen/jobs_types';
import { type Extent, extentOf, invalidGeometry, type Position } from './positions.ts';
import { checkRings } from './rings.ts';
import { type Shape, shapeOf } from './shape.ts';
import { type CoordinateSystem, coordinateSystem, DEGREES, isTorn, toWebMercator } from './systems.ts';

export interface Location {
  /** Point for one position, whether it was sent as x and y or as points. */
  readonly kind: GeometryType;
  /** One of points, paths and rings, in 3857; spatialReference is not set. */
  readonly geometry: Geometry;
  readonly extent: Extent;
  readonly positions: number;
}

/** @throws BadRequest (400): `invalid-geometry` naming the first place at fault, `limit-exceeded` for too many positions */
export function locationOf(field: string, sent: Geometry): Location {
  const shape = shapeOf(field, sent);
  const system = coordinateSystem(`${field}.spatialReference.wkid`, sent.spatialReference?.wkid ?? DEGREES);
  const parts = shape.parts.map((part, index) =>
    part.map((position, at) => toWebMercator(system, position, () => shape.place(index, at))),
  );
  refuseTorn(shape, system, parts);
  // As they were sent: what is straight in degrees is not on the map.
  if (shape.member === 'rings') checkRings(`${field}.rings`, shape.parts);
  return {
    kind: shape.kind,
    geometry: geometryOf(shape.member, parts),
    extent: extentOf(parts),
    positions: parts.reduce((sum, part) => sum + part.length, 0),
  };
}

function refuseTorn(shape: Shape, system: CoordinateSystem, parts: readonly (readonly Position[])[]): void {
  if (shape.member === 'points') return;
  const torn = parts.findIndex(part => isTorn(system, part));
  if (torn >= 0) throw invalidGeometry(shape.part(torn), 'goes across the 180th meridian; cut it there in two');
}

function geometryOf(member: Shape['member'], parts: readonly (readonly Position[])[]): Geometry {
  const lists = parts as unknown as number[][][];
  return member === 'points' ? { points: lists[0]! } : { [member]: lists };
}

/**
 * Whether a location is of a kind that `flow.DefineLocationAction.geometryTypes` asks for: unset or empty, all are; one position will do
 * where several may be.
 */
export function isAllowedKind(kind: GeometryType, allowed: readonly GeometryType[] | null | undefined): boolean {
  if (allowed == null || allowed.length === 0 || allowed.includes(kind)) return true;
  return kind === GeometryType.Point && allowed.includes(GeometryType.Multipoint);
}
