/** A function with more lines is compiled in parts, because V8 does not optimize long functions. */
export const MOST_LINES = 400;

/** The approximate number of lines of a part. V8 takes about 50 ms to optimize 100 lines. */
export const LINES_OF_PART = 100;

/** An index is made for at least this many neighbouring pieces that test the same path. */
export const FEWEST_INDEXED = 8;
