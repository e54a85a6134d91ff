/** Whatever the geometry: it comes back from the map where it was, and its extent is around it. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import proj4 from 'proj4';
import type { Geometry } from '#gen/jobs_types';
import { locationOf } from '../../../src/domain/geometry/location.ts';

const RADIUS = 6_378_137;
const degrees = (radians: number) => (radians * 180) / Math.PI;
/** From the map to longitude and latitude, as textbooks have it. */
const back = ([x, y]: readonly number[]): [number, number] => [
  degrees(x! / RADIUS),
  degrees(Math.atan(Math.sinh(y! / RADIUS))),
];

const within = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const longitude = within(-180, 180);
const latitude = within(-85.06, 85.06);
const position = fc.tuple(longitude, latitude).map(numbers => [...numbers]);

/** A star around a place, clockwise: its corners in the order of their angles. */
const ring = fc
  .tuple(within(-170, 170), within(-70, 70), fc.array(within(0.1, 5), { minLength: 3, maxLength: 12 }))
  .map(([x, y, radii]) => {
    const corners = radii.map((radius, index) => {
      const angle = (-2 * Math.PI * index) / radii.length;
      return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
    });
    return [...corners, corners[0]!];
  });

const geometry: fc.Arbitrary<Geometry> = fc.oneof(
  position.map(([x, y]) => ({ x: x!, y: y! })),
  fc.array(position, { minLength: 1, maxLength: 20 }).map(points => ({ points })),
  fc
    .array(fc.array(position, { minLength: 2, maxLength: 10 }), { minLength: 1, maxLength: 5 })
    .map(paths => ({ paths })),
  fc.array(ring, { minLength: 1, maxLength: 5 }).map(rings => ({ rings })),
);

const positionsOf = ({ x, y, points, paths, rings }: Geometry): number[][] =>
  points ?? paths?.flat() ?? rings?.flat() ?? [[x!, y!]];

test('from degrees to the map and back is no further than a billionth of a degree', () => {
  fc.assert(
    fc.property(geometry, sent => {
      const onMap = positionsOf(locationOf('geometry', sent).geometry);
      expect(onMap.length).toBe(positionsOf(sent).length);
      for (const [index, [x, y]] of positionsOf(sent).entries()) {
        const [longitude, latitude] = back(onMap[index]!);
        expect(Math.abs(longitude - x!)).toBeLessThan(1e-9);
        expect(Math.abs(latitude - y!)).toBeLessThan(1e-9);
      }
    }),
    { numRuns: 500 },
  );
});

test('what is on the map already passes again, and is the same', () => {
  fc.assert(
    fc.property(geometry, sent => {
      const location = locationOf('geometry', sent);
      const again = { ...location.geometry, spatialReference: { wkid: 3857 } };
      expect(locationOf('geometry', again)).toEqual(location);
    }),
    { numRuns: 500 },
  );
});

test('the extent is around every position, and each of its sides touches one', () => {
  fc.assert(
    fc.property(geometry, sent => {
      const { geometry, extent } = locationOf('geometry', sent);
      const positions = positionsOf(geometry);
      const [xs, ys] = [positions.map(([x]) => x!), positions.map(([, y]) => y!)];
      expect(extent).toEqual({
        xmin: Math.min(...xs),
        ymin: Math.min(...ys),
        xmax: Math.max(...xs),
        ymax: Math.max(...ys),
      });
    }),
    { numRuns: 500 },
  );
});

test('UTM comes to within a centimetre of where degrees come on the map', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), within(-3, 3), within(-80, 84), (zone, fromMeridian, latitude) => {
      const longitude = Math.max(-180, Math.min(180, zone * 6 - 183 + fromMeridian));
      const wkid = (latitude < 0 ? 32700 : 32600) + zone;
      const [x, y] = proj4(`EPSG:${wkid}`).forward([longitude, latitude]);
      const [mapX, mapY] = locationOf('geometry', { x, y, spatialReference: { wkid } }).geometry.points![0]!;
      const [expectedX, expectedY] = locationOf('geometry', { x: longitude, y: latitude }).geometry.points![0]!;
      // The two edges of the map are one place.
      if (Math.abs(longitude) < 179.999) expect(Math.abs(mapX! - expectedX!)).toBeLessThan(0.01);
      expect(Math.abs(mapY! - expectedY!)).toBeLessThan(0.01);
    }),
    { numRuns: 500 },
  );
});

test('a polygon whose rings all turn the other way is refused', () => {
  fc.assert(
    fc.property(fc.array(ring, { minLength: 1, maxLength: 5 }), rings => {
      const turned = rings.map(each => [...each].reverse());
      expect(() => locationOf('geometry', { rings: turned })).toThrow(/rings\[0\]: turns counter-clockwise/);
    }),
  );
});

test('a ring that lacks its last position is refused', () => {
  fc.assert(
    fc.property(ring, corners => {
      expect(() => locationOf('geometry', { rings: [corners.slice(0, -1)] })).toThrow(
        corners.length === 4 ? /3 positions/ : /a ring ends where it begins/,
      );
    }),
  );
});
