/** Thrown inside a transaction when another writer changed the head row first: the store runs the transaction again. */
export class OvertakenByWriter extends Error {}
