/** Topics of one installation, by what they hold (docs/pipeline.md). */
export interface TopicNames {
  /** Aggregates, seals, marks: compacted; the push table reads it in full. */
  readonly aggregates: string
  /** Roll-up tasks, consumed by the workers' group. */
  readonly tasks: string
  /** What the task manager knows, and what workers say is done: compacted. */
  readonly taskState: string
  /** Metrics that registered themselves: compacted. */
  readonly descriptors: string
}

export const topicNames = (prefix: string): TopicNames => ({
  aggregates: `${prefix}aggregates`,
  tasks: `${prefix}tasks`,
  taskState: `${prefix}task-state`,
  descriptors: `${prefix}descriptors`,
})
