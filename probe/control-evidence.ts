// Evidence on a control's receipt: the fast part before anything is cut, programs' hashes when there is time. Evidence that cannot be
// taken is told and must never keep a containment waiting.
import { stepName } from '../server/protocol/control.ts'
import type { Goal } from './control-decision.ts'
import type { ControlReceipts } from './control-receipts.ts'
import type { EvidenceTaker, TakenEvidence } from './observe/evidence.ts'
import type { Session } from './session.ts'

export class ControlEvidence {
  private readonly underWay = new Set<string>()
  private stopped = false

  constructor(
    private readonly taker: Pick<EvidenceTaker, 'take' | 'finish'>,
    private readonly receipts: ControlReceipts,
    private readonly warn: (message: string, detail: object) => void,
  ) {}

  stop(): void {
    this.stopped = true
  }

  /** Fast part now; then hashes of programs. A snapshot asked for itself ends with the latter. */
  async take(session: Session, goal: Goal): Promise<void> {
    const { control, action } = goal
    // A snapshot that has no end yet was cut off by a restart: it is taken again, whole.
    if ((session.evidenceOf.has(control) && action !== 'snapshot') || this.underWay.has(control)) return
    this.underWay.add(control)
    try {
      const taken = await this.taker.take(session)
      for (const each of taken.records) this.receipts.evidence(session, control, each)
      this.receipts.step(session, control, {
        name: stepName.evidence,
        detail: taken.summary,
        ok: true,
        observedFrom: '/proc, ss',
      })
      session.evidenceOf.add(control)
      // At once: a program that loses its connection may end of it, and is not there to be hashed a moment later.
      this.finish(session, goal, taken)
    } catch (error) {
      this.underWay.delete(control)
      // Evidence that cannot be taken must not keep a containment waiting.
      session.evidenceOf.add(control)
      this.fail(session, goal, error)
    }
  }

  private finish(session: Session, goal: Goal, taken: TakenEvidence): void {
    const { control, action } = goal
    this.taker
      .finish(taken)
      .then((finished) => {
        if (this.stopped) return
        for (const each of finished.records) this.receipts.evidence(session, control, each)
        if (action === 'snapshot')
          this.receipts.end(session, control, 'enforced', {
            enforcer: 'evidence',
            observed: finished.summary,
            observedFrom: '/proc, ss',
          })
      })
      .catch((error: unknown) => this.fail(session, goal, error))
      .finally(() => this.underWay.delete(control))
  }

  private fail(session: Session, { control, action }: Goal, error: unknown): void {
    const detail = `evidence could not be taken: ${error instanceof Error ? error.message : String(error)}`
    this.warn('evidence could not be taken', { session: session.id, control, error: String(error) })
    this.receipts.step(session, control, { name: stepName.evidence, detail, ok: false })
    if (action === 'snapshot') this.receipts.end(session, control, 'failed', { detail })
  }
}
