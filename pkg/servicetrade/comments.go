package servicetrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

const commentPath = "/comment"

const otherPageSize = 100

// Comment is a comment on an invoice or another record.
type Comment struct {
	ID      int64
	Content string
	// Visibility lists the audiences; empty means private.
	Visibility []string
	// EntityID is the record that the comment itself says it is about.
	EntityID int64
	// Created is in Unix seconds; 0 when the row does not say.
	Created int64
}

// Comments lists the comments on a record over all pages. ServiceTrade has been
// seen to show comments of other records too, so one that names another is left
// out; one that names none is taken for what was asked for. entityType is the account's number of the record's kind. With an
// error the comments seen so far are returned too.
func (c *Client) Comments(ctx context.Context, entityType int, entityID int64) ([]Comment, error) {
	if entityType <= 0 || entityID <= 0 {
		return nil, fmt.Errorf("list comments: entity type %d, entity %d: %w", entityType, entityID, errNoID)
	}
	found := []Comment{}
	known := map[int64]bool{}
	err := c.list(ctx, listing{
		path: commentPath,
		query: url.Values{
			"entityId":   {strconv.FormatInt(entityID, 10)},
			"entityType": {strconv.Itoa(entityType)},
		},
		plural: "comments",
		limit:  otherPageSize,
		row: func(o object) int64 {
			comment := decodeComment(o)
			if comment.EntityID == 0 {
				comment.EntityID = entityID
			}
			if comment.EntityID == entityID && comment.ID != 0 && !known[comment.ID] {
				known[comment.ID] = true
				found = append(found, comment)
			}
			return comment.ID
		},
	})
	return found, err
}

// newComment is the body of POST /comment. Visibility has no omitempty: leaving
// it out, or sending null, may show the comment to the customer.
type newComment struct {
	EntityID   int64    `json:"entityId"`
	EntityType int      `json:"entityType"`
	Content    string   `json:"content"`
	Visibility []string `json:"visibility"`
	Pinned     bool     `json:"pinned"`
}

// AddPrivateComment posts a comment that only the office sees. It is never
// repeated by itself: after an error for which WriteUncertain is true, look for
// the comment first. It honours connector.CheckFence.
func (c *Client) AddPrivateComment(ctx context.Context, entityType int, entityID int64, content string) (Comment, error) {
	if entityType <= 0 || entityID <= 0 {
		return Comment{}, fmt.Errorf("comment: entity type %d, entity %d: %w", entityType, entityID, errNoID)
	}
	body, err := json.Marshal(newComment{
		EntityID: entityID, EntityType: entityType, Content: content, Visibility: []string{},
	})
	if err != nil {
		return Comment{}, fmt.Errorf("encode the comment on %d: %w", entityID, err)
	}
	var made Comment
	err = c.send(ctx, request{method: http.MethodPost, path: commentPath, body: body}, func(answer []byte) error {
		o, _, err := entity(answer, "comment")
		if err != nil {
			return err
		}
		made = decodeComment(o)
		if made.EntityID == 0 {
			made.EntityID = entityID
		}
		if made.EntityID != entityID {
			return errors.New("the answer is about another record's comment")
		}
		return nil
	})
	if err != nil {
		return Comment{}, err
	}
	return made, nil
}

func decodeComment(o object) Comment {
	comment := Comment{
		ID:      o.integer("id"),
		Content: o.text("content"),
		Created: o.integer("created"),
	}
	about := siblings{}.resolveFirst(o, "", "entity", "entityId")
	comment.EntityID = about.integer("id")
	audiences, err := elements(o["visibility"])
	if err != nil { // a single audience without brackets
		audiences = []json.RawMessage{o["visibility"]}
	}
	for _, audience := range audiences {
		if name := asText(audience); name != "" {
			comment.Visibility = append(comment.Visibility, name)
		}
	}
	return comment
}
