/** What is wrong with one member of a document. */
export interface FieldProblem {
  /** Where it stands, as `budgets[1].window.time_zone`; empty for the document itself. */
  readonly path: string
  /** What is wrong, as a sentence about that member, without a full stop. */
  readonly problem: string
}
