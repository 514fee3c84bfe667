/** Characters gathered before they become one piece: written at once, and about a millisecond of work. */
const PIECE_CHARACTERS = 64 * 1024

/** Many short texts ▸ few Buffers. An empty Buffer for an empty text, so that a pause stays one. */
export function* piecesOf(texts: Iterable<string>): Generator<Buffer> {
  let gathered = ''
  for (const text of texts) {
    if (text === '') yield Buffer.alloc(0)
    gathered += text
    if (gathered.length < PIECE_CHARACTERS) continue
    yield Buffer.from(gathered)
    gathered = ''
  }
  if (gathered !== '') yield Buffer.from(gathered)
}
