package api

import (
	"strconv"

	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

type wireComment struct {
	ID         int64         `json:"id"`
	URI        string        `json:"uri"`
	Content    string        `json:"content"`
	Visibility []string      `json:"visibility"`
	Pinned     bool          `json:"pinned"`
	Author     *reference    `json:"author"`
	Entity     commentEntity `json:"entity"`
	Created    int64         `json:"created"`
	Updated    int64         `json:"updated"`
}

type commentEntity struct {
	ID   int64  `json:"id"`
	Type int    `json:"type"`
	URI  string `json:"uri"`
}

func (a *API) comment(t *state.Tables, m *state.Comment) any {
	word, _ := a.Store.Word(m.EntityType)
	return wireComment{
		ID: m.ID, URI: a.uri("comment", m.ID), Content: m.Content, Visibility: append([]string{}, m.Visibility...),
		Pinned: m.Pinned, Author: a.userRef(t, m.AuthorID),
		Entity: commentEntity{m.EntityID, m.EntityType, a.uri(word, m.EntityID)}, Created: m.Created, Updated: m.Updated,
	}
}

func (a *API) listComments(c *call) (any, error) {
	entityID, hasID := c.query.number("entityId")
	entityType, hasType := c.query.number("entityType")
	if err := c.query.err(); err != nil {
		return nil, err
	}
	if !hasID || !hasType {
		return nil, badRequest("entityId and entityType are required")
	}
	return a.commentsOn(c, int(entityType), entityID)
}

func (a *API) commentsOn(c *call, entityType int, entityID int64) (data any, err error) {
	a.readList(c, func(t *state.Tables) {
		rows := t.CommentsOn(entityType, entityID)
		data, err = page(c, "comments", otherPages, rows, func(m *state.Comment) any { return a.comment(t, m) })
	})
	return data, err
}

func (a *API) getComment(c *call) (any, error) {
	id, err := c.pathID("Comment")
	if err != nil {
		return nil, err
	}
	return a.showComment(id)
}

func (a *API) showComment(id int64) (data any, err error) {
	err = &state.RefusalError{Kind: state.NotFound, Text: "Comment " + strconv.FormatInt(id, 10) + " not found"}
	a.Store.Read(func(t *state.Tables) {
		if m := t.Comments[id]; m != nil {
			data, err = a.comment(t, m), nil
		}
	})
	return data, err
}

func (a *API) createComment(c *call) (any, error) {
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	if err := b.require("entityId", "entityType", "content"); err != nil {
		return nil, err
	}
	return a.addComment(c, b, int(b.number("entityType")), b.number("entityId"))
}

// addComment tells an absent visibility, for which the account's default
// applies, from an empty one, which is private.
func (a *API) addComment(c *call, b *body, entityType int, entityID int64) (any, error) {
	m := state.NewComment{EntityType: entityType, EntityID: entityID, Content: b.text("content"), Pinned: b.boolean("pinned")}
	if b.has("visibility") && !b.null("visibility") {
		m.Visibility = &[]string{}
		b.decode("visibility", m.Visibility)
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	made, err := a.Store.AddComment(m, c.userID)
	if err != nil {
		return nil, err
	}
	return a.showComment(made.ID)
}

func (a *API) listLocationComments(c *call) (any, error) {
	id, err := c.pathID("Location")
	if err != nil {
		return nil, err
	}
	return a.commentsOn(c, a.Store.Number("location"), id)
}

func (a *API) createLocationComment(c *call) (any, error) {
	id, err := c.pathID("Location")
	if err != nil {
		return nil, err
	}
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	return a.addComment(c, b, a.Store.Number("location"), id)
}
