package plan

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// ActionKind is what a person does: a user of ServiceTrade, a bookkeeper, an operator.
type ActionKind string

// The actions. Send presses the button; Edit changes a price; Spoil gives the
// invoice a date that transform refuses, Refuse one that the accounting system
// refuses, Mend a good one; Move gives it another status by hand. A bookkeeper's
// Delete takes its document out of the books, Admit has them take what they refused.
// An operator's Retry has it tried again where it failed.
const (
	Send   ActionKind = "send"
	Edit   ActionKind = "edit"
	Spoil  ActionKind = "spoil"
	Refuse ActionKind = "refuse"
	Mend   ActionKind = "mend"
	Move   ActionKind = "move"
	Delete ActionKind = "delete"
	Admit  ActionKind = "admit"
	Retry  ActionKind = "retry"
)

// Action is one thing that a person does to one invoice.
type Action struct {
	At time.Duration `json:"at"`
	// Invoice counts from 0 in the order of the ids.
	Invoice int        `json:"invoice"`
	Kind    ActionKind `json:"kind"`
	// Cents is the new price of the first line, for Edit.
	Cents int64 `json:"cents,omitempty"`
	// Status is where Move puts the invoice.
	Status string `json:"status,omitempty"`
}

// story is what becomes of one invoice; weight is its share of all.
type story struct {
	weight int
	tell   func(s *script)
}

// script collects the actions of one invoice.
type script struct {
	*rand.Rand
	invoice int
	at      time.Duration
	end     time.Duration
	actions []Action
}

func (s *script) do(kind ActionKind) { s.add(Action{Kind: kind}) }

func (s *script) edit() { s.add(Action{Kind: Edit, Cents: 100 + s.Int64N(900000)}) }

func (s *script) move() {
	s.add(Action{Kind: Move, Status: []string{"ok", "sent", "paid"}[s.IntN(3)]})
}

func (s *script) add(a Action) {
	a.At, a.Invoice = s.at, s.invoice
	s.actions = append(s.actions, a)
}

// soon is while the invoice is most likely on its way, later is when it most
// likely has been settled.
func (s *script) soon() {
	s.at = min(s.at+between(s.Rand, 20*time.Millisecond, 4*time.Second), s.end)
}

func (s *script) later() {
	s.at = min(s.at+between(s.Rand, 15*time.Second, 60*time.Second), s.end)
}

var stories = []story{
	{36, func(s *script) { s.do(Send) }},
	{6, func(s *script) { s.do(Spoil); s.do(Send) }},
	{5, func(s *script) { s.do(Spoil); s.do(Send); s.later(); s.do(Send) }},
	{4, func(s *script) { s.do(Spoil); s.do(Send); s.later(); s.do(Mend); s.do(Send) }},
	{3, func(s *script) { s.do(Refuse); s.do(Send) }},
	{3, func(s *script) { s.do(Refuse); s.do(Send); s.later(); s.do(Send) }},
	{3, func(s *script) { s.do(Refuse); s.do(Send); s.later(); s.do(Mend); s.do(Send) }},
	{6, func(s *script) { s.do(Send); s.later(); s.do(Send) }},
	{6, func(s *script) { s.do(Send); s.later(); s.edit(); s.do(Send) }},
	{3, func(s *script) {
		s.do(Send)
		s.later()
		s.edit()
		s.do(Send)
		s.later()
		s.edit()
		s.do(Send)
	}},
	{4, func(s *script) { s.do(Send); s.soon(); s.edit() }},
	{3, func(s *script) { s.do(Send); s.soon(); s.edit(); s.later(); s.do(Send) }},
	{4, func(s *script) { s.do(Send); s.soon(); s.move() }},
	{2, func(s *script) { s.do(Send); s.soon(); s.move(); s.later(); s.do(Send) }},

	{2, func(s *script) { s.do(Refuse); s.do(Send); s.later(); s.do(Retry) }},
	{3, func(s *script) { s.do(Refuse); s.do(Send); s.later(); s.do(Admit); s.do(Retry) }},
	{1, func(s *script) {
		s.do(Refuse)
		s.do(Send)
		s.later()
		s.do(Retry)
		s.soon()
		s.do(Send)
	}},
	{1, func(s *script) {
		s.do(Refuse)
		s.do(Send)
		s.later()
		s.do(Admit)
		s.do(Retry)
		s.soon()
		s.move()
	}},
	{1, func(s *script) {
		s.do(Spoil)
		s.do(Send)
		s.later()
		s.do(Retry)
		s.soon()
		s.do(Mend)
		s.do(Send)
	}},

	{3, func(s *script) { s.do(Send); s.later(); s.do(Delete); s.do(Send) }},
	{1, func(s *script) { s.do(Send); s.soon(); s.do(Delete) }},
	{1, func(s *script) { s.do(Send); s.later(); s.do(Send); s.soon(); s.do(Delete) }},
	{1, func(s *script) {
		s.do(Send)
		s.later()
		s.do(Delete)
		s.edit()
		s.do(Send)
		s.later()
		s.do(Delete)
		s.do(Send)
	}},
}

// users spreads the first sends over most of the run, so that later ones find the
// run still going on.
func (p *Plan) users() {
	all := 0
	for _, s := range stories {
		all += s.weight
	}
	for i := range p.Options.Invoices {
		r := p.Options.rng("user", i)
		s := &script{Rand: r, invoice: i, at: between(r, 0, p.Length*4/5), end: p.Length}
		pick := r.IntN(all)
		for _, one := range stories {
			if pick -= one.weight; pick < 0 {
				one.tell(s)
				break
			}
		}
		p.Actions = append(p.Actions, s.actions...)
	}
	// What one user does to one invoice at one moment stays in its order.
	slices.SortStableFunc(p.Actions, func(a, b Action) int { return cmp.Compare(a.At, b.At) })
}
