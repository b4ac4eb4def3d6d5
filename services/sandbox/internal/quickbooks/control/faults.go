package control

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
)

// Orders is the list of ordered faults: active ones first.
type Orders struct {
	Orders   []faults.State   `json:"orders"`
	Scenario *faults.Progress `json:"scenario,omitempty"`
}

func (c *Control) orders(*http.Request) (any, error) {
	return Orders{c.Faults.Orders(), c.Faults.Progress()}, nil
}

func (c *Control) order(r *http.Request) (any, error) {
	var o faults.Order
	if err := read(r, &o); err != nil {
		return nil, err
	}
	return c.Faults.Add(o)
}

func (c *Control) cancelOrder(r *http.Request) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || !c.Faults.Cancel(id) {
		return nil, fmt.Errorf("order %s: %w", r.PathValue("id"), errNotFound)
	}
	return done, nil
}

func (c *Control) clearOrders(*http.Request) (any, error) {
	c.Faults.Clear()
	return done, nil
}

// scenario begins a scenario: the text of a file, with its name for messages.
func (c *Control) scenario(r *http.Request) (any, error) {
	var body struct {
		File string `json:"file"`
		Text string `json:"text"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	scenario, err := c.Faults.Surface().ParseScenario(body.File, []byte(body.Text))
	if err != nil {
		return nil, err
	}
	if err := c.Faults.Play(*scenario); err != nil {
		return nil, err
	}
	return c.Faults.Progress(), nil
}
