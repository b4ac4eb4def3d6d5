package plan

import (
	"math/rand/v2"
	"time"
)

// FaultKind is something that goes wrong, or that an operator does.
type FaultKind string

// The faults.
const (
	// KillProcess is kill -9 of a replica, KillNode of a NATS server; both start
	// again after a moment.
	KillProcess FaultKind = "kill -9 process"
	KillNode    FaultKind = "kill -9 NATS node"
	// Stop is SIGSTOP until after the process's claims are over, then SIGCONT.
	Stop FaultKind = "SIGSTOP past the claims"
	// The connections of one process: cut off and refused, slow, or half open.
	CutServiceTrade   FaultKind = "cut from ServiceTrade"
	DelayServiceTrade FaultKind = "slow ServiceTrade"
	CutTarget         FaultKind = "cut from the accounting system"
	DelayTarget       FaultKind = "slow accounting system"
	CutNATS           FaultKind = "cut from NATS"
	DelayNATS         FaultKind = "slow NATS"
	SwallowNATS       FaultKind = "half-open NATS connection"
	// Replay publishes stored messages again, with and without headers; Redeliver
	// deletes a consumer, so that it begins with the first message once more.
	Replay    FaultKind = "messages published again"
	Redeliver FaultKind = "stream delivered again"
	// Wipe loses the whole NATS store. Backup copies it, and Restore puts the copy back.
	Wipe    FaultKind = "NATS store wiped"
	Backup  FaultKind = "NATS store copied"
	Restore FaultKind = "old copy of the NATS store restored"
	// WipeBucket and WipeStreams lose one half only, and need patience.
	WipeBucket  FaultKind = "records wiped"
	WipeStreams FaultKind = "streams wiped"
)

// ByMessage tells whether a fault is made through the cluster itself, which may not
// answer because of the other faults.
func (k FaultKind) ByMessage() bool {
	return k == Replay || k == Redeliver || k == WipeBucket || k == WipeStreams
}

// Fault is one fault of the schedule. They are begun in their order, each not
// before its time.
type Fault struct {
	At   time.Duration `json:"at"`
	Kind FaultKind     `json:"kind"`
	// Who is the process or node, where it is one.
	Who string `json:"who,omitempty"`
	// Lasts is until it is mended.
	Lasts time.Duration `json:"lasts,omitempty"`
	// Pick is for choices that depend on what is there by then.
	Pick uint64 `json:"pick,omitempty"`
}

// faults deals decks of faults, each shuffled, until the time is full. A deck
// kills every process and node once, and loses the store once.
func (p *Plan) faults() {
	o := p.Options
	at := 4 * time.Second
	for deck := 0; at < p.Length; deck++ {
		r := o.rng("deck", deck)
		cards := p.deck(r)
		step := o.Gap
		if deck == 0 {
			// Even a short run sees the whole first deck.
			step = min(o.Gap, (p.Length-at)/time.Duration(len(cards)+1))
		}
		for _, f := range cards {
			if at+step >= p.Length {
				at = p.Length
				break
			}
			f.At, f.Pick = at+time.Duration(r.Int64N(int64(step))), r.Uint64()
			at += step
			p.Faults = append(p.Faults, f)
		}
	}
}

func (p *Plan) deck(r *rand.Rand) []Fault {
	o := p.Options
	var cards []Fault
	for _, name := range o.Processes {
		cards = append(cards, Fault{Kind: KillProcess, Who: name, Lasts: between(r, 500*time.Millisecond, 3*time.Second)})
	}
	for _, name := range o.Nodes {
		cards = append(cards, Fault{Kind: KillNode, Who: name, Lasts: between(r, 500*time.Millisecond, 3*time.Second)})
	}
	cards = append(cards, p.network(r)...)
	for _, stage := range []string{"deliver", "reconcile"} {
		cards = append(cards, Fault{Kind: Stop, Who: p.oneOf(r, stage)})
	}
	cards = append(cards, Fault{Kind: Stop, Who: p.oneOf(r, "")})
	for range 3 {
		cards = append(cards, Fault{Kind: Replay})
	}
	cards = append(cards, Fault{Kind: Redeliver})
	r.Shuffle(len(cards), func(i, j int) { cards[i], cards[j] = cards[j], cards[i] })
	return p.losses(r, cards)
}

// losses puts the losses of the store into the deck: the copy early, the whole
// loss in the middle, and the old copy back late.
func (p *Plan) losses(r *rand.Rand, cards []Fault) []Fault {
	n := len(cards)
	at := func(from, to int) int { return n*from/100 + r.IntN(max(n*(to-from)/100, 1)) }
	places := map[int][]Fault{}
	place := func(i int, kind FaultKind) { places[i] = append(places[i], Fault{Kind: kind}) }
	place(at(10, 25), Backup)
	place(at(40, 55), Wipe)
	if p.Options.Patient {
		place(at(5, 9), WipeStreams)
		place(at(60, 65), WipeBucket)
	}
	// The copy is of before the wipe, or of after it.
	if r.IntN(2) == 0 {
		place(at(56, 59), Backup)
	}
	place(at(70, 85), Restore)
	var out []Fault
	for i, c := range cards {
		out = append(append(out, places[i]...), c)
	}
	return out
}

// network is trouble on the connections of single processes.
func (p *Plan) network(r *rand.Rand) []Fault {
	var cards []Fault
	add := func(kind FaultKind, stage string, from, to time.Duration) {
		cards = append(cards, Fault{Kind: kind, Who: p.oneOf(r, stage), Lasts: between(r, from, to)})
	}
	for range 2 {
		add(CutServiceTrade, "", time.Second, 4*time.Second)
		add(CutTarget, "deliver", time.Second, 4*time.Second)
		add(CutNATS, "", time.Second, 5*time.Second)
	}
	add(DelayServiceTrade, "", 2*time.Second, 8*time.Second)
	add(DelayTarget, "deliver", 2*time.Second, 8*time.Second)
	add(DelayNATS, "", 2*time.Second, 8*time.Second)
	add(SwallowNATS, "", 5*time.Second, 15*time.Second)
	return cards
}

// oneOf picks a process whose name begins with stage.
func (p *Plan) oneOf(r *rand.Rand, stage string) string {
	var of []string
	for _, name := range p.Options.Processes {
		if len(name) >= len(stage) && name[:len(stage)] == stage {
			of = append(of, name)
		}
	}
	if len(of) == 0 {
		return ""
	}
	return of[r.IntN(len(of))]
}
