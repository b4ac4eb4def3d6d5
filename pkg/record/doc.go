// Package record keeps the one record of each invoice: which send is open, how
// far it came, who works on it, and every document that it ever had. All stages
// believe the record; a message only wakes them.
//
// The record lives in the JetStream key-value bucket "invoices" under
// <account>.<invoiceId>, written as protobuf JSON and changed by compare-and-set
// only. Transitions are pure functions from one record to the next; Store.Change
// writes the result if nobody else wrote meanwhile.
//
// Two versions of a service run at once during a roll-out, and the older one keeps
// what it does not know: a field of a claim, an outcome or a document for as long as
// that lives, a field of the record itself for ever, over all sends. So a new field
// that belongs to one send has to stand in a message that ends with the send, or
// carry the send's number.
//
//	absent, closed ──Open──▶ opening ──Opened──▶ open ──Claim──▶ claimed ──┬─Conclude──▶ outcome ──Settle──▶ settling ──Close──▶ closed
//	                            └───────Reject──────┴──▶ outcome            ├─Release──▶ open
//	                                                                        ├─Park─────▶ parked ──Claim──▶ claimed
//	                                                                        ├─Hand─────▶ handed ──Conclude──▶ outcome
//	                                                                        └─Hold─────▶ held ──Unhold──▶ opening, claimed, outcome
//
// Steps back, for what was lost or is in doubt:
//
//	opening, open, claimed, parked ──Reopen──▶ opening (a claim in force stays claimed): ingest publishes the send again
//	claimed ──Doubt, DoubtCall──▶ claimed, its claim ended: the attempt is unresolved until somebody has looked
//	opening, open, claimed ──Claim, look, Release──▶ open: deliver resolves an attempt whose message is lost
//	outcome ──Reclaim──▶ claimed: a rejection of the books is heard once more, since its message was lost
//	settling ──Unsettle──▶ outcome: ServiceTrade could not be written to
package record
