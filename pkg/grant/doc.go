// Package grant keeps what people granted Tradepost in their accounting systems: for
// each connection that somebody signed in (OAuth2) the tokens, encrypted, in one entry
// of the bucket "grants" that is changed by compare-and-set only.
//
// The accounting system replaces the refresh token now and then, and the one before
// dies some time later. Whoever loses the new one and waits too long has lost the
// connection, and a person has to sign in again. Therefore:
//
//   - One process renews at a time: it claims the entry before it calls. A claim that
//     was not given back is over after a time, by the server's clock.
//   - A new pair is stored before it is used, and the refresh tokens before it are kept
//     beside it. A process that dies between the answer and the write loses a token that
//     nobody has used; the one before still works, and is used at once by the next.
//   - A pair that cannot be stored, because NATS is away, stays in memory and is stored
//     as soon as it can be. One that somebody else overtook is put beside the other.
//   - Only when every kept refresh token was refused is the connection signed out.
//     Nothing is thrown away then either.
package grant
