/**
 * Of the random tests that draw whole histories or say how often they draw: fixed, so that a run can be repeated.
 * LANEWAY_SEED draws others. Small properties of the model draw anew each time and print their seed when they fail.
 */
export const SEED = Number(process.env.LANEWAY_SEED ?? 20261125)
