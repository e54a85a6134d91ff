/**
 * The giver of the pen (store/pen.ts): one writer has it, others wait in the order in which they asked. Who has it keeps it until
 * somebody else wants it, is told so then, and gives it back after the batch that it is at.
 */

/** Somebody who writes, as the giver reaches it. */
export interface PenHolder {
  /** @param wanted whether others wait already: one batch, then */
  granted(wanted: boolean): void;
  /** Told once to who has the pen, when somebody begins to wait. */
  wanted(): void;
}

export class PenQueue {
  #holder: PenHolder | undefined;
  readonly #waiting: PenHolder[] = [];

  ask(writer: PenHolder): void {
    if (writer === this.#holder || this.#waiting.includes(writer)) return;
    this.#waiting.push(writer);
    if (!this.#holder) this.#grant();
    else if (this.#waiting.length === 1) this.#holder.wanted();
  }

  giveBack(writer: PenHolder): void {
    if (writer !== this.#holder) return;
    this.#holder = undefined;
    this.#grant();
  }

  /** It is gone, and what it had with it. */
  leave(writer: PenHolder): void {
    const place = this.#waiting.indexOf(writer);
    if (place >= 0) this.#waiting.splice(place, 1);
    this.giveBack(writer);
  }

  #grant(): void {
    this.#holder = this.#waiting.shift();
    this.#holder?.granted(this.#waiting.length > 0);
  }
}
