package api

import (
	"fmt"
	"hash/crc32"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// reference is another record as it is embedded: enough to show it, no more.
type reference struct {
	ID     int64  `json:"id"`
	URI    string `json:"uri,omitempty"`
	Name   string `json:"name"`
	Status string `json:"status,omitempty"`
}

type wireAddress struct {
	Street     string `json:"street"`
	City       string `json:"city"`
	State      string `json:"state"`
	PostalCode string `json:"postalCode"`
}

func (a *API) uri(word string, id int64) string {
	return fmt.Sprintf("%s/api/%s/%d", a.BaseURL, word, id)
}

// orNull writes 0 as null.
func orNull(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// textOrNull writes an empty string as null.
func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (a *API) companyRef(t *state.Tables, id int64) *reference {
	c := t.Companies[id]
	if c == nil {
		return nil
	}
	return &reference{c.ID, a.uri("company", c.ID), c.Name, c.Status}
}

type locationRef struct {
	reference
	Address wireAddress `json:"address"`
}

func (a *API) locationRef(t *state.Tables, id int64) *locationRef {
	l := t.Locations[id]
	if l == nil {
		return nil
	}
	return &locationRef{reference{l.ID, a.uri("location", l.ID), l.Name, ""}, wireAddress(l.Address)}
}

func (a *API) userRef(t *state.Tables, id int64) *reference {
	u := t.Users[id]
	if u == nil {
		return nil
	}
	return &reference{u.ID, a.uri("user", u.ID), u.Name(), ""}
}

func (a *API) officeRef(t *state.Tables, id int64) *reference {
	l := t.Locations[id]
	if l == nil {
		return nil
	}
	return &reference{l.ID, a.uri("location", l.ID), l.Name, ""}
}

func (a *API) officeRefs(t *state.Tables, ids []int64) []*reference {
	out := []*reference{}
	for _, id := range ids {
		if ref := a.officeRef(t, id); ref != nil {
			out = append(out, ref)
		}
	}
	return out
}

func contractRef(t *state.Tables, id int64) *reference {
	c := t.Contracts[id]
	if c == nil {
		return nil
	}
	return &reference{ID: c.ID, Name: c.Name}
}

type wireTag struct {
	ID   uint32 `json:"id"`
	Name string `json:"name"`
}

func tags(names []string) []wireTag {
	out := []wireTag{}
	for _, name := range names {
		out = append(out, wireTag{crc32.ChecksumIEEE([]byte(name)), name})
	}
	return out
}

type wireServiceLine struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Trade string `json:"trade"`
	Abbr  string `json:"abbr"`
	Icon  string `json:"icon,omitempty"`
}

func serviceLine(t *state.Tables, id int64) *wireServiceLine {
	s := t.ServiceLines[id]
	if s == nil {
		return nil
	}
	return &wireServiceLine{ID: s.ID, Name: s.Name, Trade: s.Trade, Abbr: s.Abbr}
}

type wireUser struct {
	ID          int64       `json:"id"`
	URI         string      `json:"uri"`
	Name        string      `json:"name"`
	FirstName   string      `json:"firstName"`
	LastName    string      `json:"lastName"`
	Username    string      `json:"username"`
	Email       string      `json:"email"`
	Status      string      `json:"status"`
	IsTech      bool        `json:"isTech"`
	IsHelper    bool        `json:"isHelper"`
	Company     *reference  `json:"company"`
	ExternalIDs externalIDs `json:"externalIds"`
}

func (a *API) user(t *state.Tables, u *book.User) wireUser {
	return wireUser{
		ID: u.ID, URI: a.uri("user", u.ID), Name: u.Name(), FirstName: u.FirstName, LastName: u.LastName,
		Username: u.Username, Email: u.Email, Status: "active", IsTech: u.Tech,
		Company: a.companyRef(t, u.CompanyID), ExternalIDs: u.ExternalIDs,
	}
}
