// Package permits holds the calls to accounting systems within the limits that each
// of them documents, over all replicas together: so many in a second and in a minute
// for a company, for an app, and so many under way at once.
//
// A *permit* is the right to begin one call at a given moment. For each app there is
// one book, an entry of the bucket "permits": until when permits were given out, to
// which replica, and what others want. A replica with callers that wait takes a turn:
// it reads the book, gives out the permits of the next second, to itself and to the
// replicas that said what they want, and writes the book back by compare-and-set. So
// a busy replica asks NATS some four times in a second, for all its companies and
// however many calls they make, and an idle one never.
//
// Permits are moments and not amounts: two permits of a company are a gap apart, and
// one that nobody used in time is lost. What was saved up could come in a burst, and
// a burst at the end of one minute and the beginning of the next is more than the
// limit in the minute between them.
//
// Moments are those of the NATS server. Each replica measures how far that clock is
// from its own monotonic one, and how sure it is; the clocks of the machines never matter.
//
// What happens when a replica dies: its permits pass unused within a second or two,
// its places among the calls under way come back after seatLease.
package permits
