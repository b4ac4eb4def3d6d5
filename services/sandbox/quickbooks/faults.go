package quickbooks

import (
	"fmt"
	"net/http"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/scenarios"
)

// Fault is what happens to one request, for SetFaults; see the fields.
type Fault = faults.Fault

// Order asks for faults: what, where, how often and how long. Only its Fault is
// required. Resources are those of the addresses (invoice, query, batch), and
// token, authorize and revoke.
type Order = faults.Order

// OrderState is an order with what became of it.
type OrderState = faults.State

// The kinds of faults that can be ordered; the README tells what each does.
const (
	FaultLatency     = faults.Latency
	FaultSignedOut   = faults.SignedOut
	FaultRevoked     = faults.Revoked
	FaultThrottled   = faults.Throttled
	FaultServerError = faults.ServerError
	FaultErrorAfter  = faults.ErrorAfter
	FaultRefused     = faults.Refused
	FaultCutBefore   = faults.CutBefore
	FaultCutAfter    = faults.CutAfter
	FaultStaleList   = faults.StaleList
)

// Order orders faults from now on and gives the order's id. The error tells
// everything that is wrong with it.
func (a *API) Order(o Order) (int64, error) {
	made, err := a.s.faults.Add(o)
	if err != nil {
		return 0, fmt.Errorf("order a fault: %w", err)
	}
	return made.ID, nil
}

// Cancel ends an order; false when there is none with this id.
func (a *API) Cancel(id int64) bool { return a.s.faults.Cancel(id) }

// ClearOrders ends and forgets all orders and the scenario.
func (a *API) ClearOrders() { a.s.faults.Clear() }

// Orders lists the orders with how often each struck.
func (a *API) Orders() []OrderState { return a.s.faults.Orders() }

// Play begins a scenario from the text of a file, which has the form of the
// ServiceTrade sandbox's; file is only for messages.
func (a *API) Play(file string, text []byte) error {
	scenario, err := a.s.faults.Surface().ParseScenario(file, text)
	if err != nil {
		return err
	}
	if err := a.s.faults.Play(*scenario); err != nil {
		return fmt.Errorf("play a scenario: %w", err)
	}
	return nil
}

// Scenarios lists the scenarios that come with the stand-in.
func Scenarios() []string { return faults.ScenarioNames(scenarios.QuickBooks, "quickbooks") }

// ReadScenario gives the text of a scenario, a file or one of Scenarios by its
// name, and the name of its file for Play.
func ReadScenario(pathOrName string) (file string, data []byte, err error) {
	return faults.ReadScenario(scenarios.QuickBooks, "quickbooks", pathOrName)
}

// SetFaults makes the API misbehave from now on by a function of a test: it is
// asked about each request from many goroutines; nil from it serves the request
// normally. A nil function ends the faults of the earlier one.
func (s *Stand) SetFaults(fn func(*http.Request) *Fault) { s.faults.Set(fn) }
