package faults

import (
	"fmt"
	"time"
)

// Scenario is a list of steps that give and cancel orders while time passes and
// requests arrive.
type Scenario struct {
	Name string
	// Seed is that of every order without an own one; the orders still draw apart
	// from one another. 0 means 1.
	Seed  int64
	Steps []Step
}

// Step does one thing once it is due: give an order, cancel those of a name, or
// clear what the scenario ordered so far.
type Step struct {
	// At is when the step is due, counted from the beginning of the scenario.
	At time.Duration
	// AfterRequests makes the step due after so many requests instead; nil means
	// that At counts.
	AfterRequests *uint64
	// Note is for people.
	Note string

	Order  *Order
	Cancel string
	Clear  bool
}

// Due describes when the step is due.
func (s Step) Due() string {
	if s.AfterRequests != nil {
		return fmt.Sprintf("after %d requests", *s.AfterRequests)
	}
	return "at " + short(s.At)
}

// Does describes what the step does.
func (s Step) Does() string {
	switch {
	case s.Order != nil:
		return s.Order.What() + ", " + s.Order.Where()
	case s.Clear:
		return "clears what was ordered"
	default:
		return "cancels " + s.Cancel
	}
}

// playing is a scenario on its way. The seam's lock guards it.
type playing struct {
	Scenario
	since   time.Time
	arrived uint64 // requests before the beginning
	made    []bool
}

// Progress tells how far a scenario is.
type Progress struct {
	Name  string         `json:"name"`
	Since time.Time      `json:"since"`
	Steps []StepProgress `json:"steps"`
}

// StepProgress is one step of a scenario, in the order of the file.
type StepProgress struct {
	Due  string `json:"due"`
	Does string `json:"does"`
	Note string `json:"note,omitempty"`
	Made bool   `json:"made"`
}

// check refuses steps that cannot be made; a parsed scenario has none.
func (s Scenario) check(surface *Surface) error {
	for i, step := range s.Steps {
		ways := 0
		for _, way := range []bool{step.Order != nil, step.Cancel != "", step.Clear} {
			if way {
				ways++
			}
		}
		if ways != 1 {
			return fmt.Errorf("step %d of scenario %q must do one thing: order, cancel or clear", i+1, s.Name)
		}
		if step.Order == nil {
			continue
		}
		if problems := surface.Check(*step.Order); len(problems) > 0 {
			return fmt.Errorf("step %d of scenario %q: %w", i+1, s.Name, &OrderError{problems})
		}
	}
	return nil
}

// Play begins a scenario; time and requests count from now. The orders of an
// earlier scenario end. An error says which step cannot be made; nothing changes
// then.
func (s *Seam) Play(scenario Scenario) error {
	if err := scenario.check(s.surface); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancelOwn("")
	s.playing = &playing{Scenario: scenario, since: s.now(), arrived: s.arrived, made: make([]bool, len(scenario.Steps))}
	s.advance(s.now())
	return nil
}

// Progress tells how far the scenario is; nil when none was begun.
func (s *Seam) Progress() *Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(s.now())
	if s.playing == nil {
		return nil
	}
	p := &Progress{Name: s.playing.Name, Since: s.playing.since}
	for i, step := range s.playing.Steps {
		p.Steps = append(p.Steps, StepProgress{step.Due(), step.Does(), step.Note, s.playing.made[i]})
	}
	return p
}

// playDue makes the steps that are due: by time first, the earliest first, then
// by requests, the fewest first. The lock is held.
func (s *Seam) playDue(now time.Time) {
	p := s.playing
	if p == nil {
		return
	}
	for i := p.nextAt(now); i >= 0; i = p.nextAt(now) {
		s.make(i, p.since.Add(p.Steps[i].At))
	}
	for i := p.nextAfter(s.arrived - p.arrived); i >= 0; i = p.nextAfter(s.arrived - p.arrived) {
		s.make(i, now)
	}
}

// nextAt finds the earliest step that is due by time; -1 when there is none.
func (p *playing) nextAt(now time.Time) int {
	next := -1
	for i, step := range p.Steps {
		if !p.made[i] && step.AfterRequests == nil && !now.Before(p.since.Add(step.At)) &&
			(next < 0 || step.At < p.Steps[next].At) {
			next = i
		}
	}
	return next
}

// nextAfter finds the step that is due after the fewest requests; -1 when there
// is none.
func (p *playing) nextAfter(requests uint64) int {
	next := -1
	for i, step := range p.Steps {
		if !p.made[i] && step.AfterRequests != nil && requests >= *step.AfterRequests &&
			(next < 0 || *step.AfterRequests < *p.Steps[next].AfterRequests) {
			next = i
		}
	}
	return next
}

// make makes one step. The time of an order counts from when its step was due,
// not from when somebody first asked after that.
func (s *Seam) make(i int, due time.Time) {
	p := s.playing
	p.made[i] = true
	step := p.Steps[i]
	switch {
	case step.Order != nil:
		o := *step.Order
		if o.Seed == 0 {
			o.Seed = max(p.Seed, 1)*1000 + int64(i)
		}
		s.add(o, due).Scenario = true
	case step.Clear:
		s.cancelOwn("")
	default:
		s.cancelOwn(step.Cancel)
	}
}

// cancelOwn ends the scenario's orders of a name, all when it is empty.
func (s *Seam) cancelOwn(name string) {
	for _, o := range s.orders {
		if o.Scenario && (name == "" || o.Order.Name == name) {
			o.end(endCanceled)
		}
	}
}
