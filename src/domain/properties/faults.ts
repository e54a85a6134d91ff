/** What is wrong with properties, gathered so that one refusal says all of it. */
import { BadRequest } from '../../base/errors.ts';
import { andMore } from '../../base/text.ts';

const MOST_SHOWN = 60;

/** A text from outside, short enough for a message. */
export const shown = (text: string): string => {
  const start = [...text.slice(0, 2 * MOST_SHOWN)];
  return start.length > MOST_SHOWN || text.length > 2 * MOST_SHOWN ? `${start.slice(0, MOST_SHOWN).join('')}…` : text;
};

export class PropertyFaults {
  readonly #faults: { readonly place: string; readonly what: string }[] = [];

  /** @param place `table.property`, or what else is at fault; @param what with what would be right */
  add(place: string, what: string): void {
    this.#faults.push({ place: shown(place), what });
  }

  /** @throws BadRequest (400) when something was added */
  refuse(): void {
    if (this.#faults.length === 0) return;
    throw new BadRequest('invalid-property', andMore(this.#faults.map(({ place, what }) => `${place}: ${what}`)), {
      property: this.#faults[0]!.place,
      faults: String(this.#faults.length),
    });
  }
}
