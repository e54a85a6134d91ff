/** The kinds of columns, each with the type of its values. */

export interface Column<T> {
  readonly type: 'text' | 'integer' | 'bigint' | 'real' | 'bytes';
  readonly nullable: boolean;
  /** Never set: carries the TypeScript type. */
  readonly value?: T;
}

export const text: Column<string> = { type: 'text', nullable: false };
export const optionalText: Column<string | null> = { type: 'text', nullable: true };
export const integer: Column<number> = { type: 'integer', nullable: false };
export const optionalInteger: Column<number | null> = { type: 'integer', nullable: true };
export const time: Column<number> = { type: 'bigint', nullable: false };
export const real: Column<number> = { type: 'real', nullable: false };
export const optionalReal: Column<number | null> = { type: 'real', nullable: true };
export const optionalTime: Column<number | null> = { type: 'bigint', nullable: true };
export const long: Column<number> = { type: 'bigint', nullable: false };
export const optionalLong: Column<number | null> = { type: 'bigint', nullable: true };
export const bytes: Column<Buffer> = { type: 'bytes', nullable: false };

export type Tables = Readonly<Record<string, Readonly<Record<string, Column<unknown>>>>>;
