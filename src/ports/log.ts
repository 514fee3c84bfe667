export interface LogRecord {
  readonly topic: string
  readonly partition: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
}

export interface LogPartition {
  readonly partition: number
  /** First offset still held. */
  readonly start: bigint
  /** Last stable offset: where a reader that has read everything stands. */
  readonly end: bigint
}

export interface LogDescription {
  /** Changes when the topic is deleted and made again. */
  readonly topicId: string
  readonly partitions: readonly LogPartition[]
}

/** Reads one topic, all partitions, without a group. Positions are the reader's own. */
export interface LogTail {
  describe(): Promise<LogDescription>
  /** Runs until the signal; partitions missing in `from` start at their beginning. Resolves when aborted. */
  run(from: ReadonlyMap<number, bigint>, sink: LogSink, signal: AbortSignal): Promise<void>
}

export interface LogSink {
  /** `next` is the position after the batch: also called with zero records when only the position moved. */
  onRecords(partition: number, records: readonly LogRecord[], next: bigint): void | Promise<void>
  onOutOfRange(partition: number, start: bigint): void
  onTopicChanged(oldId: string, newId: string): void
  onPartitionsAdded(partitions: readonly number[]): void
}

/** Appends a batch, all or nothing. `fence.id` is the transactional id: a newer owner's fence shuts an older one out. */
export interface LogWriter {
  append(batch: readonly LogRecord[], fence?: { readonly id: string }): Promise<void>
}

/** Shared consumption: offsets commit together with what the handler appends. */
export interface LogGroup {
  run(
    options: { readonly group: string; readonly topic: string; readonly transactionalIdPrefix: string },
    handler: GroupHandler,
    signal: AbortSignal,
  ): Promise<void>
}

export interface GroupTransaction {
  append(batch: readonly LogRecord[]): void
}

export interface GroupHandler {
  /** After the partition's transactional id was fenced, before its first records. */
  assigned(partition: number): Promise<void>
  /** Offsets and everything appended commit when it resolves; when it throws, the records are handled again. */
  handle(partition: number, records: readonly LogRecord[], txn: GroupTransaction): Promise<void>
}

/** Topics of one installation. */
export interface TopicSettings {
  readonly name: string
  readonly partitions: number
  readonly cleanup: 'delete' | 'compact' | 'compact,delete'
  /** Age at which deletable records go, ms; null = never. */
  readonly retentionMs: number | null
}
