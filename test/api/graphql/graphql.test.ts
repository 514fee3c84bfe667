// One process for everything that fakes on the far side of the engine can show: starting takes longer than most of it.
import './route-cases.ts'
import './asker-cases.ts'
import './batch-cases.ts'
import './limits-cases.ts'
import './persisted-cases.ts'
import './graphiql-cases.ts'
import './socket-cases.ts'
