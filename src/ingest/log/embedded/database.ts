import { DatabaseSync } from 'node:sqlite'
import { damaged, storeFailure } from './failures.ts'

/** Raise it with every change of the tables. */
const LAYOUT = 1

/**
 *   topics ◂ partitions (first, next: log start and end · cleaned: compacted up to here)
 *                │ part
 *                ├ records          by offset, each with a checksum
 *                ├ latest           newest compacted offset of each key; since when it is a tombstone
 *                └ group_positions  where each group goes on
 *   fences: newest epoch of each fence id
 *
 * Ids of partitions are never used again, so a topic that is made again starts without a trace of the old one.
 */
const TABLES = `
  CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, topic_id TEXT NOT NULL);
  CREATE TABLE partitions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic INTEGER NOT NULL, partition INTEGER NOT NULL,
    first INTEGER NOT NULL, next INTEGER NOT NULL, cleaned INTEGER NOT NULL, UNIQUE (topic, partition));
  CREATE TABLE records (
    part INTEGER NOT NULL, offset INTEGER NOT NULL, time INTEGER NOT NULL, key BLOB, value BLOB,
    checksum INTEGER NOT NULL, PRIMARY KEY (part, offset)) WITHOUT ROWID;
  CREATE TABLE latest (
    part INTEGER NOT NULL, key BLOB NOT NULL, offset INTEGER NOT NULL, tombstone_since INTEGER,
    PRIMARY KEY (part, key)) WITHOUT ROWID;
  CREATE INDEX tombstones ON latest (part, tombstone_since) WHERE tombstone_since IS NOT NULL;
  CREATE TABLE group_positions (
    part INTEGER NOT NULL, name TEXT NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (part, name)) WITHOUT ROWID;
  CREATE TABLE fences (id TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;
`
const UNFIT_BOUNDS = `
  SELECT topic, partition FROM partitions AS p
  WHERE first < 0 OR first > cleaned OR cleaned > next
    OR next <= (SELECT max(offset) FROM records WHERE part = p.id)
    OR first > (SELECT min(offset) FROM records WHERE part = p.id)
  LIMIT 1
`
/** A larger file would hold up the start by more than some seconds: damage then shows where it is read. */
const CHECKED_BYTES_MAX = 1024 * 1024 * 1024
/** The write-ahead log is cut back to this after a checkpoint. */
const WAL_BYTES_KEPT = 64 * 1024 * 1024
const PAGE_BYTES = 4096
/** Compaction looks keys up in any order. */
const CACHE_KIB = 32 * 1024

/**
 * Opens the file for this process alone: until it is closed, another process (or another log here) gets
 * DATA_FOLDER_LOCKED. Commits are on disk when they return. Errors: DATA_FOLDER_LOCKED, DATA_FOLDER_DAMAGED,
 * STORE_UNWRITABLE.
 */
export function openDatabase(path: string, bytesMax: number | null): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path)
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    db.exec(`PRAGMA journal_size_limit = ${WAL_BYTES_KEPT}`)
    db.exec(`PRAGMA cache_size = ${-CACHE_KIB}`)
    if (bytesMax !== null) db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytesMax / PAGE_BYTES))}`)
    prepareTables(db, path)
    checkWhole(db, path)
    return db
  } catch (error) {
    db?.close()
    throw storeFailure(error, path)
  }
}

function prepareTables(db: DatabaseSync, path: string): void {
  db.exec('BEGIN IMMEDIATE')
  const layout = db.prepare('PRAGMA user_version').get()!.user_version
  const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()!.n
  if (tables === 0 && layout === 0) db.exec(`${TABLES} PRAGMA user_version = ${LAYOUT}`)
  else if (layout !== LAYOUT) throw damaged(path, `it has layout ${layout}, this Laneway reads layout ${LAYOUT}`)
  db.exec('COMMIT')
}

/**
 * Finds pages that are out of place and bounds that do not fit the records; what records hold is checked by their
 * checksums when they are read.
 */
function checkWhole(db: DatabaseSync, path: string): void {
  const pages = Number(db.prepare('PRAGMA page_count').get()!.page_count)
  if (pages * PAGE_BYTES > CHECKED_BYTES_MAX) return
  const found = db.prepare('PRAGMA integrity_check(1)').get()!.integrity_check
  if (found !== 'ok') throw damaged(path, String(found))
  const odd = db.prepare(UNFIT_BOUNDS).get()
  if (odd) throw damaged(path, `the bounds of partition ${odd.partition} of topic ${odd.topic} do not fit its records`)
}
