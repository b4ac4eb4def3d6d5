// Package model has the model of one invoice: the tests of this folder run the real
// steps of package record under workers that follow the protocols of the stages, and
// look for a schedule that breaks a promise.
//
// What is real: every transition, the fence, and the time from which a claim may be
// taken over. What is abstract: ServiceTrade, an accounting system without an
// idempotency key or a unique index that shows a write only after its settling time,
// the bucket, the streams. Every worker can stop before each of its steps, for ever
// or until much later; requests that it sent arrive all the same. Messages are
// delivered to several workers at once, again, late or never, and published again by
// hand; users and bookkeepers act at any time; the bucket is lost, or an old copy of
// it comes back; a user deletes the invoice. Some accounting systems are handed files: a document counts once people
// import it, they may refuse it, and an operator may vouch that nothing was made, or name
// the document.
//
// Not in the model: a second document of a send (Confirm), and books of other connections.
// The conformance kit has the cases of them.
//
// The model assumes what the protocols assume:
//
//   - A request that was sent arrives before the deadline of its call, or never, also
//     when the connection was cut, and the accounting system shows it within its
//     settling time.
//   - The check of the fence and the sending of the request are one step.
//   - Nobody works with a bucket that was made anew, or restored, before a claim that it
//     has forgotten must be over. The epoch sees to that ([record.Epochs]), which is
//     tested by itself and is no part of this model.
//   - A user does not change an invoice and then change it back.
//   - An operator who vouches that nothing was made is right when he says so.
//
// A failed run prints its actions; rapid makes them few.
package model
