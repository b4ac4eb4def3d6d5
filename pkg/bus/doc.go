// Package bus carries the messages between the stages: streams, subjects and
// consumers declared once, a Watermill publisher, subscriber and middleware on
// JetStream, and the codec of the message bodies.
//
// A message is protobuf JSON on invoice.<stage>.<connection>.<invoiceId>. No
// header is required: identity comes from the subject, and of a repeated header
// the first value counts, so that any message may be published again by hand.
// docs/decisions/0001 says why the subscriber is our own.
package bus
