import { type Decision, type Gate, toResponse } from 'sallyport'
import { type Caller, fieldsOf, type Presented } from '../credentials.js'
import { createMembers } from '../members.js'
import { garbage } from './garbage.js'
import { createMessages, type Message, requestOf } from './message.js'
import { GARBAGE, RENDERED, WARM } from './names.js'
import { atOnce, type Subject } from './subject.js'

type Decide = (message: Message) => Decision

/** Decisions of warm gates: two that allow, and those that refuse what is no credential at all. */
export function gateSubjects(caller: Caller, operations: number): Subject[] {
  const keys = createMembers(caller, 'apiKey')
  const tokens = createMembers(caller, 'token')
  const warmKeys = keptWarm(keys, caller, 'apiKey')
  const warmTokens = keptWarm(tokens, caller, 'token')
  const garbled = (kind: (typeof GARBAGE)[number]) => () =>
    createMessages({ ...fieldsOf(caller, 'apiKey'), authorization: `Bearer ${garbage(caller, kind)}` })()
  const decideKey = decideAtOnce(keys)
  const refuse = (message: Message) => expect(decideKey(message), 'refuse')
  return [
    warmKeys(atOnce(WARM.apiKey, operations, messagesOf(caller, 'apiKey'), allowBy(decideKey))),
    warmTokens(atOnce(WARM.token, operations, messagesOf(caller, 'token'), allowBy(decideAtOnce(tokens)))),
    ...GARBAGE.map((kind) => warmKeys(atOnce(kind, operations, garbled(kind), refuse))),
    warmKeys(
      atOnce(RENDERED, operations, garbled('no dot'), (message) => {
        const decision = decideKey(message)
        if (decision.type !== 'refuse' || toResponse(decision).status !== 401)
          throw new Error('no answer of 401')
      }),
    ),
  ]
}

function messagesOf(caller: Caller, presented: Presented): () => Message {
  return createMessages(fieldsOf(caller, presented))
}

function decideAtOnce(gate: Gate): Decide {
  return (message) => {
    const decision = gate(requestOf(message))
    if (decision instanceof Promise) throw new Error('a warm gate did not decide at once')
    return decision
  }
}

function allowBy(decide: Decide): (message: Message) => void {
  return (message) => expect(decide(message), 'allow')
}

function expect(decision: Decision, type: Decision['type']): void {
  if (decision.type !== type) throw new Error(`a gate answered ${decision.type}, not ${type}`)
}

/** Lets one request in before each section: what a gate knows is good for a while, and others have been timed since. */
function keptWarm(gate: Gate, caller: Caller, presented: Presented): (subject: Subject) => Subject {
  const makeMessage = messagesOf(caller, presented)
  return (subject) => ({
    ...subject,
    async prepare(count) {
      expect(await gate(requestOf(makeMessage())), 'allow')
      return subject.prepare(count)
    },
  })
}
