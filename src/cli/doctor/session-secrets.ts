import { MIN_SECRET_BYTES } from '../../credentials/credential.js'
import { type Finding, fine, problem, warning } from './finding.js'
import { isGuessable } from './secret-strength.js'
import type { Subject } from './subject.js'

const NAME = 'session-secrets'
const REMEDY = 'put 32 random bytes in SALLYPORT_SESSION_SECRETS: openssl rand -base64 32'

/** Whether sessions of wallets are signed with secrets that nobody guesses. */
export function checkSessionSecrets({ sessionSecrets, origin }: Subject): readonly Finding[] {
  if (sessionSecrets.length === 0) {
    const said = 'no session secret is named: wallets cannot sign in'
    return [origin === undefined ? warning(NAME, said, REMEDY) : problem(NAME, said, REMEDY)]
  }
  const findings = sessionSecrets.flatMap((secret, at) => {
    const which = sessionSecrets.length === 1 ? 'the session secret' : `session secret ${at + 1}`
    if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
      const detail = `${which} has less than ${MIN_SECRET_BYTES} bytes: walletSession refuses it`
      return [problem(NAME, detail, REMEDY)]
    }
    const forged = `${which} looks guessable: who guesses it signs sessions for every wallet`
    return isGuessable(secret) ? [problem(NAME, forged, REMEDY)] : []
  })
  return findings.length > 0 ? findings : [fine(NAME, 'long, and of no pattern that is known')]
}
