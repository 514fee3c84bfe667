/** Wall clock, epoch ms. Every zone gets it as an argument. */
export type Clock = () => number
