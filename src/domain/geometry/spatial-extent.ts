/**
 * The rectangle that a query asks for, in either of its forms: `xmin,ymin,xmax,ymax` in 3857, or JSON with a coordinate system of its
 * own. A rectangle of another system is a rectangle on the map only where both have the same axes; else the least one around it counts.
 */
import { bounded } from '../limits.ts';
import { type Extent, extentOf, invalidGeometry, type Position } from './positions.ts';
import {
  type CoordinateSystem,
  checkWithin,
  clippedLatitude,
  coordinateSystem,
  isTorn,
  toWebMercator,
  WEB_MERCATOR,
} from './systems.ts';

const LONGEST = 1000;
const SIDES = ['xmin', 'ymin', 'xmax', 'ymax'] as const;
const RIGHT =
  'expected xmin,ymin,xmax,ymax in 3857, or JSON such as {"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1, "spatialReference": {"wkid": 4326}}';
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Positions per edge that are brought into 3857: an edge that is straight in its system may be bent there. */
const PIECES = 16;

/** @returns the rectangle in 3857. @throws BadRequest (400) */
export function spatialExtent(field: string, sent: string): Extent {
  const text = bounded(field, sent, LONGEST).trim();
  const { sides, wkid } = text.startsWith('{')
    ? fromJson(field, text)
    : { sides: fromText(field, text), wkid: WEB_MERCATOR };
  const extent = ordered(field, sides);
  const system = coordinateSystem(`${field}.spatialReference.wkid`, wkid);
  return system.webMercator ? extent : onMap(field, system, extent);
}

function fromText(field: string, text: string): number[] {
  const sides = text.split(',').map(side => side.trim());
  if (sides.length !== SIDES.length || !sides.every(side => NUMBER.test(side))) throw unreadable(field, text);
  return sides.map(Number);
}

function fromJson(field: string, text: string): { sides: number[]; wkid: number } {
  const { spatialReference, ...rest } = parsed(field, text);
  const sides = SIDES.map(side => rest[side]);
  const wkid = spatialReference === undefined ? WEB_MERCATOR : (spatialReference as { wkid?: unknown } | null)?.wkid;
  const known = Object.keys(rest).every(name => SIDES.some(side => side === name));
  if (!known || !sides.every(side => typeof side === 'number') || !Number.isInteger(wkid))
    throw unreadable(field, text);
  return { sides, wkid: wkid as number };
}

function parsed(field: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(field, text);
  }
}

function ordered(field: string, [xmin, ymin, xmax, ymax]: readonly number[]): Extent {
  const extent = { xmin: xmin!, ymin: ymin!, xmax: xmax!, ymax: ymax! };
  for (const side of SIDES)
    if (!Number.isFinite(extent[side]))
      throw invalidGeometry(field, `${side} is ${extent[side]}; expected a finite number`);
  for (const axis of ['x', 'y'] as const) {
    const [least, most] = [extent[`${axis}min`], extent[`${axis}max`]];
    if (least > most) throw invalidGeometry(field, `${axis}min ${least} is more than ${axis}max ${most}; swap them`);
  }
  return extent;
}

function onMap(field: string, system: CoordinateSystem, extent: Extent): Extent {
  const { xmin, ymin, xmax, ymax } = extent;
  const place = () => field;
  checkWithin(system, [xmin, ymin], place);
  checkWithin(system, [xmax, ymax], place);
  // The whole world may be asked for, though the map ends before the poles.
  const onMap = system.degrees ? { ...extent, ymin: clippedLatitude(ymin), ymax: clippedLatitude(ymax) } : extent;
  const positions = outline(onMap).map(position => toWebMercator(system, position, place));
  if (isTorn(system, positions))
    throw invalidGeometry(field, 'goes across the 180th meridian; ask for the two sides of it one after the other');
  return extentOf([positions]);
}

/** Along the edges, once around. */
function outline({ xmin, ymin, xmax, ymax }: Extent): Position[] {
  const between = (from: number, to: number, piece: number): number =>
    piece === PIECES ? to : from + ((to - from) * piece) / PIECES;
  const pieces = Array.from({ length: PIECES + 1 }, (_, piece) => piece);
  const [xs, ys] = [pieces.map(piece => between(xmin, xmax, piece)), pieces.map(piece => between(ymin, ymax, piece))];
  return [
    ...xs.map((x): Position => [x, ymin]),
    ...ys.map((y): Position => [xmax, y]),
    ...xs.toReversed().map((x): Position => [x, ymax]),
    ...ys.toReversed().map((y): Position => [xmin, y]),
  ];
}

const unreadable = (field: string, text: string) => invalidGeometry(field, `"${text.slice(0, 80)}"; ${RIGHT}`);
