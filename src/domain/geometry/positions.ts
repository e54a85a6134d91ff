/** Positions and the rectangles around them, and how a geometry that is none is refused. */
import { BadRequest } from '../../base/errors.ts';

/** East, then north. */
export type Position = readonly [x: number, y: number];

/** A rectangle along the axes; its edges belong to it. */
export interface Extent {
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
}

/** The least rectangle around the positions. @param parts with at least one position in all */
export function extentOf(parts: readonly (readonly Position[])[]): Extent {
  let [xmin, ymin, xmax, ymax] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const part of parts)
    for (const [x, y] of part) {
      xmin = Math.min(xmin, x);
      ymin = Math.min(ymin, y);
      xmax = Math.max(xmax, x);
      ymax = Math.max(ymax, y);
    }
  return { xmin, ymin, xmax, ymax };
}

/** False for NaN, too. */
export const isIn = ([x, y]: Position, { xmin, ymin, xmax, ymax }: Extent): boolean =>
  x >= xmin && x <= xmax && y >= ymin && y <= ymax;

export const liesIn = (inner: Extent, outer: Extent): boolean =>
  isIn([inner.xmin, inner.ymin], outer) && isIn([inner.xmax, inner.ymax], outer);

export const invalidGeometry = (field: string, fault: string): BadRequest =>
  new BadRequest('invalid-geometry', `${field}: ${fault}`, { field });
