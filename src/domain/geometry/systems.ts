/**
 * The coordinate systems that geometries come in, and the way from each into Web Mercator (3857), in which locations are kept.
 *
 * Known is what proj4 knows by an EPSG code. Far outside of the area that a system is made for, its formulas answer nonsense instead of
 * failing; so each kind of system has bounds for its own coordinates, and what comes out must lie on the map.
 */
import proj4 from 'proj4';
import { type Extent, invalidGeometry, isIn, type Position } from './positions.ts';

export const DEGREES = 4326;
export const WEB_MERCATOR = 3857;

/** What others call Web Mercator by, and proj4 does not know. */
const aliases: Readonly<Record<number, number>> = { 102100: WEB_MERCATOR };

const KNOWN =
  '4326 or 4269 (longitude, latitude), 3857 (Web Mercator; also 102100, 102113, 900913, 3785), 32601 to 32660 or 32701 to 32760 (UTM), 5041 or 5042 (UPS)';

/** Where Web Mercator is used: all longitudes, latitudes to 85.06 degrees; in metres, rounded up to the centimetre. */
const MAP: Extent = { xmin: -20_037_508.35, ymin: -20_048_966.11, xmax: 20_037_508.35, ymax: 20_048_966.11 };
const MAP_LATITUDE = 85.06;

export interface CoordinateSystem {
  readonly wkid: number;
  /** True when its positions are longitude and latitude in degrees. */
  readonly degrees: boolean;
  readonly webMercator: boolean;
  /** What its coordinates may be. */
  readonly bounds: Extent;
  /** NaN or infinite where there is no answer. */
  convert(position: Position): Position;
}

type Definition = NonNullable<ReturnType<typeof proj4.defs>> & {
  readonly projName?: string;
  readonly utmSouth?: boolean;
};

/** By the name of the projection. UTM is exact to 3,000 km from its meridian; whole countries are drawn in one zone. */
const boundsOf: Readonly<Record<string, (definition: Definition) => Extent>> = {
  longlat: () => ({ xmin: -180, ymin: -90, xmax: 180, ymax: 90 }),
  merc: () => MAP,
  utm: ({ utmSouth }) => {
    const equator = utmSouth ? 10_000_000 : 0;
    return { xmin: -2_500_000, ymin: equator - 10_000_000, xmax: 3_500_000, ymax: equator + 10_000_000 };
  },
  stere: () => ({ xmin: 0, ymin: 0, xmax: 4_000_000, ymax: 4_000_000 }),
};

const systems = new Map<number, CoordinateSystem>();

/** @throws BadRequest (400) naming what is known */
export function coordinateSystem(field: string, wkid: number): CoordinateSystem {
  const system = systems.get(wkid) ?? build(aliases[wkid] ?? wkid);
  if (!system) throw invalidGeometry(field, `${wkid} is no coordinate system that is known here; expected ${KNOWN}`);
  systems.set(wkid, system);
  return system;
}

function build(wkid: number): CoordinateSystem | undefined {
  const definition = proj4.defs(`EPSG:${wkid}`) as Definition | undefined;
  const bounds = boundsOf[definition?.projName ?? '']?.(definition!);
  if (!bounds) return undefined;
  const { projName } = definition!;
  const converter = proj4(`EPSG:${wkid}`, `EPSG:${WEB_MERCATOR}`);
  const webMercator = projName === 'merc';
  return {
    wkid,
    degrees: projName === 'longlat',
    webMercator,
    bounds,
    convert: position => (webMercator ? position : (converter.forward([...position]) as unknown as Position)),
  };
}

/** @throws BadRequest (400) for a position outside of its system */
export function checkWithin({ wkid, bounds }: CoordinateSystem, position: Position, place: () => string): void {
  if (isIn(position, bounds)) return;
  const { xmin, ymin, xmax, ymax } = bounds;
  throw invalidGeometry(
    place(),
    `(${position.join(', ')}); expected x from ${xmin} to ${xmax} and y from ${ymin} to ${ymax} in ${wkid}`,
  );
}

/** Nearer to an axis than this, in metres, is on it. What is nearer still would be too small for PostgreSQL to reckon with. */
const NANOMETRE = 1e-9;

const onGrid = (metres: number): number => (Math.abs(metres) < NANOMETRE ? 0 : metres);

/** @returns the position in 3857. @throws BadRequest (400) when it lies outside of its system, or of the map */
export function toWebMercator(system: CoordinateSystem, position: Position, place: () => string): Position {
  checkWithin(system, position, place);
  const [x, y] = system.convert(position);
  const converted: Position = [onGrid(x), onGrid(y)];
  if (isIn(converted, MAP)) return converted;
  throw invalidGeometry(
    place(),
    `(${position.join(', ')}) in ${system.wkid} is not on the map of Web Mercator; expected a latitude from -${MAP_LATITUDE} to ${MAP_LATITUDE}`,
  );
}

/**
 * A line of metres that goes across the 180th meridian comes out torn: its ends lie at the two edges of the map.
 * @param part consecutive positions of one line, in 3857
 */
export const isTorn = (system: CoordinateSystem, part: readonly Position[]): boolean =>
  !system.degrees &&
  !system.webMercator &&
  part.some(([x], index) => index > 0 && Math.abs(x - part[index - 1]![0]) > MAP.xmax);

/** The nearest latitude that is on the map. */
export const clippedLatitude = (latitude: number): number => Math.min(Math.max(latitude, -MAP_LATITUDE), MAP_LATITUDE);
