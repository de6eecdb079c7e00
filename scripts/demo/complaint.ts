/** Something the user can do something about: shown as one plain text, without a stack. */
export class Complaint extends Error {
  override readonly name = "Complaint";
}
