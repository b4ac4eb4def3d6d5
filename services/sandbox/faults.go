package sandbox

import (
	"fmt"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
	"github.com/tradepost/tradepost/services/sandbox/scenarios"
)

// Fault is what happens to one request, for SetFaults; see the fields.
type Fault = faults.Fault

// FaultList is what can be wrong with a list, as part of a Fault.
type FaultList = faults.List

// Order asks for faults: what, where, how often and how long. Only its Fault is
// required.
type Order = faults.Order

// OrderState is an order with what became of it.
type OrderState = faults.State

// OrderError is everything that is wrong with an order.
type OrderError = faults.OrderError

// Scenario is a list of steps that give and cancel orders.
type Scenario = faults.Scenario

// Step is one step of a Scenario.
type Step = faults.Step

// FaultKind is the word for one kind of faults.
type FaultKind = faults.Kind

// The kinds of faults that can be ordered; the README tells what each does.
const (
	FaultLatency        = faults.Latency
	FaultSignedOut      = faults.SignedOut
	FaultEvict          = faults.Evict
	FaultThrottled      = faults.Throttled
	FaultServerError    = faults.ServerError
	FaultCutBefore      = faults.CutBefore
	FaultCutAfter       = faults.CutAfter
	FaultStaleList      = faults.StaleList
	FaultDrift          = faults.Drift
	FaultWebhookDouble  = faults.WebhookDouble
	FaultWebhookReorder = faults.WebhookReorder
	FaultWebhookDrop    = faults.WebhookDrop
	FaultWebhookDelay   = faults.WebhookDelay
)

// Order orders faults from now on and gives the order's id. The error is an
// *OrderError that tells everything that is wrong.
func (a *API) Order(o Order) (int64, error) {
	made, err := a.s.faults.Add(o)
	if err != nil {
		return 0, fmt.Errorf("order a fault: %w", err)
	}
	return made.ID, nil
}

// Cancel ends an order. What it did can still be seen in Orders.
func (a *API) Cancel(id int64) error {
	if !a.s.faults.Cancel(id) {
		return &state.RefusalError{Kind: state.NotFound, Text: fmt.Sprintf("Order %d not found", id)}
	}
	return nil
}

// ClearOrders ends and forgets all orders and the scenario.
func (a *API) ClearOrders() { a.s.faults.Clear() }

// Orders lists the orders with how often each struck: active ones first, then
// those that ended, of which the last 200 are known.
func (a *API) Orders() []OrderState { return a.s.faults.Orders() }

// Play begins a scenario; its times and counts of requests begin now. The orders
// of an earlier scenario end. An error says which step cannot be made.
func (a *API) Play(scenario *Scenario) error {
	if err := a.s.faults.Play(*scenario); err != nil {
		return fmt.Errorf("play a scenario: %w", err)
	}
	return nil
}

// ParseScenario reads a scenario file; file is only for the messages. The error
// tells everything that is wrong, with line and column.
func ParseScenario(file string, data []byte) (*Scenario, error) {
	return faults.ParseScenario(file, data)
}

// Scenarios lists the scenarios that come with the sandbox.
func Scenarios() []string { return faults.ScenarioNames(scenarios.Files, ".") }

// LoadScenario reads a scenario: a file, or one of Scenarios by its name.
func LoadScenario(pathOrName string) (*Scenario, error) {
	file, data, err := ReadScenario(pathOrName)
	if err != nil {
		return nil, err
	}
	return faults.ParseScenario(file, data)
}

// ReadScenario gives the text of a scenario, and the name of its file for the
// messages of ParseScenario.
func ReadScenario(pathOrName string) (file string, data []byte, err error) {
	return faults.ReadScenario(scenarios.Files, ".", pathOrName)
}
