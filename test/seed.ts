/** Of every random test: fixed, so that a run can be repeated. LANEWAY_SEED draws others. */
export const SEED = Number(process.env.LANEWAY_SEED ?? 20261125)
