package faults

import "slices"

// Kind is the word for one kind of misbehaviour.
type Kind string

// The kinds of faults that can be ordered.
const (
	Latency        Kind = "latency"
	SignedOut      Kind = "signed-out"
	Throttled      Kind = "throttled"
	ServerError    Kind = "server-error"
	CutBefore      Kind = "cut-before"
	CutAfter       Kind = "cut-after"
	StaleList      Kind = "stale-list"
	Drift          Kind = "drift"
	Evict          Kind = "evict"
	WebhookDouble  Kind = "webhook-double"
	WebhookReorder Kind = "webhook-reorder"
	WebhookDrop    Kind = "webhook-drop"
	WebhookDelay   Kind = "webhook-delay"
	Refused        Kind = "refused"
	ErrorAfter     Kind = "error-after"
	Revoked        Kind = "revoked"
)

// class is when in the life of a request or message a kind of fault acts.
type class int

const (
	before  class = iota // before the request is served; several act together
	instead              // in place of the answer; the first one wins
	lists                // on the rows of a list
	hooks                // on webhook messages
)

// Info tells people about a kind.
type Info struct {
	Kind  Kind
	Title string
	Text  string // one sentence
	// Fields names what can be said of this kind besides where, how often and how long.
	Fields   []string
	required []string
	class    class
}

// Webhook tells whether the kind acts on webhook messages, not on requests.
func (i Info) Webhook() bool { return i.class == hooks }

// allKinds lists all kinds, in the order in which people look for them.
func allKinds() []Info {
	return []Info{
		{Latency, "Latency", "The request waits before anything else: delay, or at random up to max_delay.", []string{"delay", "max_delay"}, []string{"delay"}, before},
		{SignedOut, "Signed out", "The session or token of the request ends, so that it is answered with 401.", nil, nil, before},
		{Evict, "Sessions evicted", "The oldest sessions end, as when others sign in too often; all of them unless sessions says how many.", []string{"sessions"}, nil, before},
		{Throttled, "Throttled", "The answer is 429, with Retry-After where retry_after is given.", []string{"retry_after", "form"}, nil, instead},
		{ServerError, "Server error", "The answer is a 5xx, 503 unless status says which, and nothing is done.", []string{"status", "retry_after", "form"}, nil, instead},
		{ErrorAfter, "Server error after the work", "What was asked is done, and the answer is a 5xx all the same, 503 unless status says which; after delay, where that is given.", []string{"status", "retry_after", "form", "delay"}, nil, instead},
		{Refused, "Refused", "The answer is a fault with this code, and nothing is done.", []string{"code", "form"}, []string{"code"}, instead},
		{Revoked, "Connection revoked", "The connection that the token of the request belongs to ends, as when its user disconnects the app.", nil, nil, before},
		{CutBefore, "Cut before the work", "The connection is cut, and nothing was done.", nil, nil, instead},
		{CutAfter, "Cut after the work", "What was asked is done, and the connection is cut instead of an answer.", nil, nil, instead},
		{StaleList, "Stale list", "A list shows the account as it was before, 30s ago unless age says when.", []string{"age"}, nil, lists},
		{Drift, "Pages drift", "Rows move between a list's pages: from the second page on some are left out (skip) or come again (repeat).", []string{"skip", "repeat", "rows", "page_size"}, nil, lists},
		{WebhookDouble, "Webhook doubled", "A message is delivered twice.", nil, nil, hooks},
		{WebhookReorder, "Webhook reordered", "A message is delivered after the next one, or alone after delay (5s) if none comes.", []string{"delay"}, nil, hooks},
		{WebhookDrop, "Webhook dropped", "A message is never delivered.", nil, nil, hooks},
		{WebhookDelay, "Webhook delayed", "A message is delivered later: after delay, or at random up to max_delay.", []string{"delay", "max_delay"}, []string{"delay"}, hooks},
	}
}

// infoOf gives what is known of a kind; that of an unknown one is empty.
func infoOf(k Kind) Info {
	all := allKinds()
	if at := slices.IndexFunc(all, func(i Info) bool { return i.Kind == k }); at >= 0 {
		return all[at]
	}
	return Info{}
}

func (s *Surface) words() []string {
	var out []string
	for _, i := range s.Infos() {
		out = append(out, string(i.Kind))
	}
	return out
}
