package api

import (
	"strconv"
	"strings"

	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// target reads entity word and id of the path.
func (c *call) target() (word string, id int64, err error) {
	word = strings.ToLower(c.PathValue("type"))
	id, err = c.pathID(word)
	return word, id, err
}

func (a *API) getExternalIDs(c *call) (any, error) {
	word, id, err := c.target()
	if err != nil {
		return nil, err
	}
	ids, err := a.Store.ExternalIDs(word, id)
	if err != nil {
		return nil, err
	}
	return map[string]any{"values": externalIDs(ids)}, nil
}

// getExternalID serves two forms that look alike: {type}/{id}/{system}, and the
// reverse look-up {type}/{system}/{value}. A system name never is a number.
func (a *API) getExternalID(c *call) (any, error) {
	if _, err := strconv.ParseInt(c.PathValue("id"), 10, 64); err != nil {
		return a.findExternalID(c)
	}
	word, id, err := c.target()
	if err != nil {
		return nil, err
	}
	ids, err := a.Store.ExternalIDs(word, id)
	if err != nil {
		return nil, err
	}
	value, ok := ids[c.PathValue("system")]
	if !ok {
		return nil, &state.RefusalError{Kind: state.NotFound, Text: "No external id for this system"}
	}
	return map[string]any{"value": value}, nil
}

func (a *API) findExternalID(c *call) (any, error) {
	word := strings.ToLower(c.PathValue("type"))
	id, err := a.Store.FindByExternalID(word, c.PathValue("id"), c.PathValue("system"))
	if err != nil {
		return nil, err
	}
	var data any
	a.Store.Read(func(t *state.Tables) { data = a.entity(t, word, id) })
	return data, nil
}

// entity renders a record that carries external ids.
func (a *API) entity(t *state.Tables, word string, id int64) any {
	switch word {
	case "company":
		return a.company(t.Companies[id])
	case "location":
		return a.location(t, t.Locations[id])
	case "job":
		return a.job(t, t.Jobs[id], false)
	case "libitem":
		return a.libItem(t.LibItems[id])
	case "jobitem":
		return a.jobItem(t, t.JobItems[id])
	default:
		return a.user(t, t.Users[id])
	}
}

// putExternalID creates, changes, or with an empty value removes.
func (a *API) putExternalID(c *call) (any, error) {
	word, id, err := c.target()
	if err != nil {
		return nil, err
	}
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	if !b.has("value") {
		return nil, badRequest("value is required")
	}
	value := b.text("value")
	if err := b.err(); err != nil {
		return nil, err
	}
	if err := a.Store.SetExternalID(word, id, c.PathValue("system"), value, c.userID); err != nil {
		return nil, err
	}
	return map[string]any{"value": value}, nil
}
