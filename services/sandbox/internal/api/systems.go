package api

import "github.com/tradepost/tradepost/services/sandbox/internal/state"

// wireSystem is the sandbox's own idea of an external system's body: the
// resource exists in ServiceTrade, its fields are not known.
type wireSystem struct {
	ID                int64  `json:"id"`
	URI               string `json:"uri"`
	Type              string `json:"type"`
	SystemName        string `json:"systemName"`
	Label             string `json:"label"`
	CanBeSentInvoices bool   `json:"canBeSentInvoices"`
	Created           int64  `json:"created"`
	Updated           int64  `json:"updated"`
}

func (a *API) system(s *state.System) any {
	return wireSystem{s.ID, a.uri("externalsystem", s.ID), s.Type, s.Name, s.Label, s.CanBeSentInvoices, s.Created, s.Updated}
}

func (a *API) listSystems(c *call) (any, error) {
	return rows(a, c, "externalSystems", otherPages, func(t *state.Tables) state.Table[state.System] { return t.Systems }, nil,
		func(_ *state.Tables, s *state.System) any { return a.system(s) })
}

func (a *API) getSystem(c *call) (any, error) {
	return one(a, c, "External system", func(t *state.Tables) state.Table[state.System] { return t.Systems },
		func(_ *state.Tables, s *state.System) any { return a.system(s) })
}

// createSystem adds the system; the box is ticked in a second step, as on the page.
func (a *API) createSystem(c *call) (any, error) {
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	if err := b.only("type", "systemName", "label"); err != nil {
		return nil, err
	}
	if err := b.require("type", "systemName", "label"); err != nil {
		return nil, err
	}
	made, err := a.Store.AddSystem(b.text("type"), b.text("systemName"), b.text("label"))
	if err != nil {
		return nil, err
	}
	return a.system(made), nil
}

func (a *API) putSystem(c *call) (any, error) {
	id, err := c.pathID("External system")
	if err != nil {
		return nil, err
	}
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	if err := b.only("canBeSentInvoices", "label"); err != nil {
		return nil, err
	}
	if err := b.require("canBeSentInvoices"); err != nil {
		return nil, err
	}
	s, err := a.Store.ConfigureSystem(id, b.boolean("canBeSentInvoices"), b.text("label"))
	if err != nil {
		return nil, err
	}
	return a.system(s), nil
}

func (a *API) deleteSystem(c *call) (any, error) {
	id, err := c.pathID("External system")
	if err != nil {
		return nil, err
	}
	return nothing{}, a.Store.DeleteSystem(id)
}
