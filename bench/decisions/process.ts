/** What is timed in process, in a process of its own: `process.js <rounds> quick|full`. */
import { answerParent } from '../child.js'
import { createCaller } from '../credentials.js'
import { coldSubjects } from './cold.js'
import { gateSubjects } from './gates.js'
import { limitSubject, peerSubjects } from './peers.js'
import { type Timings, timeRounds } from './rounds.js'

const [, , roundsText, form] = process.argv
const rounds = Number(roundsText)
const isQuick = form === 'quick'

async function time(): Promise<Timings> {
  const operations = isQuick ? 4_000 : 10_000
  const warmUps = isQuick ? 3 : 5
  const caller = await createCaller()
  const warm = await timeRounds(
    [
      limitSubject(caller, 'apiKey', operations),
      limitSubject(caller, 'token', operations),
      ...gateSubjects(caller, operations),
      ...(await peerSubjects(caller, operations)),
    ],
    { rounds, warmUps },
  )
  // At least 10,000 JWTs in the rounds that count.
  const each = Math.max(500, Math.ceil(10_000 / rounds))
  const cold = await timeRounds(await coldSubjects(caller, rounds + warmUps, each), { rounds, warmUps })
  return { ...warm, ...cold }
}

answerParent({ time })
