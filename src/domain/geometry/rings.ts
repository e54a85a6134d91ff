/**
 * The rings of a polygon. Which way a ring turns says what it is, an outer one or a hole, so nothing is turned here: a polygon that is
 * wound wrongly is refused. Whether rings cross each other or themselves is not looked into.
 */
import { extentOf, invalidGeometry, liesIn, type Position } from './positions.ts';

type Ring = readonly Position[];

const FEWEST_POSITIONS = 4;
/** What is left of the area of a line by the rounding of its numbers, in squares of its length. */
const FLAT = 1e-12;

/** @throws BadRequest (400) naming the ring at fault */
export function checkRings(field: string, rings: readonly Ring[]): void {
  const outer: Ring[] = [];
  const holes: [place: string, ring: Ring][] = [];
  for (const [index, ring] of rings.entries()) {
    const place = `${field}[${index}]`;
    checkClosed(place, ring);
    if (turnsClockwise(place, ring)) outer.push(ring);
    else holes.push([place, ring]);
  }
  if (outer.length === 0)
    throw invalidGeometry(
      holes[0]![0],
      'turns counter-clockwise, as holes do, and no ring turns clockwise; reverse it',
    );
  const all = extentOf(outer);
  const stray = holes.find(([, ring]) => !liesIn(extentOf([ring]), all));
  if (stray)
    throw invalidGeometry(
      stray[0],
      'turns counter-clockwise, as holes do, and reaches out of the outer rings; reverse it',
    );
}

function checkClosed(place: string, ring: Ring): void {
  if (ring.length < FEWEST_POSITIONS)
    throw invalidGeometry(place, `${ring.length} positions; a ring has at least ${FEWEST_POSITIONS}`);
  const [[x, y], [endX, endY]] = [ring[0]!, ring.at(-1)!];
  if (x !== endX || y !== endY)
    throw invalidGeometry(place, `ends at (${endX}, ${endY}); a ring ends where it begins, at (${x}, ${y})`);
}

/** @throws BadRequest (400) when the ring has no area */
function turnsClockwise(place: string, ring: Ring): boolean {
  const { xmin, ymin, xmax, ymax } = extentOf([ring]);
  const area = signedArea(ring);
  if (Math.abs(area) > FLAT * ((xmax - xmin) ** 2 + (ymax - ymin) ** 2)) return area < 0;
  throw invalidGeometry(place, 'has no area; a ring goes around something');
}

/** Above 0 when the ring turns counter-clockwise. Taken from its first position, where the numbers are small. */
function signedArea(ring: Ring): number {
  const [originX, originY] = ring[0]!;
  let twice = 0;
  for (let index = 1; index < ring.length; index++) {
    const [[fromX, fromY], [toX, toY]] = [ring[index - 1]!, ring[index]!];
    twice += (fromX - originX) * (toY - originY) - (toX - originX) * (fromY - originY);
  }
  return twice / 2;
}
