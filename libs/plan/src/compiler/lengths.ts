/** From how many lines on a function is compiled in parts: V8 doesn't optimize long functions. */
export const MOST_LINES = 400;

/** About how many lines a part has: V8 takes 50 ms to optimize so many. */
export const LINES_OF_PART = 100;

/** The fewest pieces of a function that are found by what they test. */
export const FEWEST_INDEXED = 8;
