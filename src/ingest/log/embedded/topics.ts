import type { DatabaseSync } from 'node:sqlite'
import type { TopicSettings } from '../../../ports/log.ts'

/** A partition in the file; `id` is what its records are filed under. */
export interface FiledPartition {
  readonly id: number
  start: number
  end: number
  /** Everything below is compacted. */
  cleaned: number
}

export interface FiledTopic {
  readonly id: number
  readonly settings: TopicSettings
  readonly topicId: string
  readonly partitions: readonly FiledPartition[]
}

/** Reads the topic as the file has it; makes it, or grows it, when the settings ask for more. In a transaction. */
export function openTopic(db: DatabaseSync, settings: TopicSettings, newTopicId: () => string): FiledTopic {
  db.prepare('INSERT OR IGNORE INTO topics (name, topic_id) VALUES (?, ?)').run(settings.name, newTopicId())
  const row = db.prepare('SELECT id, topic_id FROM topics WHERE name = ?').get(settings.name)!
  const id = Number(row.id)
  const add = db.prepare(
    'INSERT OR IGNORE INTO partitions (topic, partition, first, next, cleaned) VALUES (?, ?, 0, 0, 0)',
  )
  for (let partition = 0; partition < settings.partitions; partition++) add.run(id, partition)
  return { id, settings, topicId: String(row.topic_id), partitions: partitionsOf(db, id) }
}

function partitionsOf(db: DatabaseSync, topic: number): FiledPartition[] {
  const rows = db
    .prepare('SELECT id, first, next, cleaned FROM partitions WHERE topic = ? ORDER BY partition')
    .all(topic)
  return rows.map(({ id, first, next, cleaned }) => ({
    id: Number(id),
    start: Number(first),
    end: Number(next),
    cleaned: Number(cleaned),
  }))
}

/** Deletes the topic with all that hangs on its partitions. In a transaction. */
export function deleteTopic(db: DatabaseSync, { id, partitions }: FiledTopic): void {
  for (const table of ['records', 'latest', 'group_positions']) {
    const remove = db.prepare(`DELETE FROM ${table} WHERE part = ?`)
    for (const partition of partitions) remove.run(partition.id)
  }
  db.prepare('DELETE FROM partitions WHERE topic = ?').run(id)
  db.prepare('DELETE FROM topics WHERE id = ?').run(id)
}
