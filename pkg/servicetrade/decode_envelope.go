package servicetrade

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

var (
	errNoJSON = errors.New("the answer is no JSON object")
	errNoData = errors.New("the answer holds no data")
)

const (
	maxMessages      = 20
	maxMessageLength = 500
	maxMessageDepth  = 4
)

// envelope is the frame of every answer; both parts may be missing.
type envelope struct {
	messages json.RawMessage
	data     json.RawMessage
}

func decodeEnvelope(body []byte) (envelope, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if kindOf(body) == 0 {
		return envelope{}, nil // 204, or a DELETE
	}
	var top object
	if err := json.Unmarshal(body, &top); err != nil {
		return envelope{}, fmt.Errorf("%w: %w", errNoJSON, err)
	}
	e := envelope{messages: top["messages"], data: top["data"]}
	if kindOf(e.data) == 'n' {
		e.data = nil
	}
	return e, nil
}

// dataObject returns the data of an answer about one thing.
func dataObject(body []byte) (object, error) {
	e, err := decodeEnvelope(body)
	if err != nil {
		return nil, err
	}
	if data := asObject(e.data); data != nil {
		return data, nil
	}
	return nil, errNoData
}

// messages returns what an answer says is wrong, without secrets and bounded in
// number and length. It accepts messages as an object (of arrays, strings or
// field: text), an array, or a string.
func (c *Client) messages(body []byte) []string {
	e, err := decodeEnvelope(body)
	if err != nil {
		return nil
	}
	found := append(complaints(e.messages), oauthComplaint(body)...)
	if len(found) > maxMessages {
		found = found[:maxMessages]
	}
	for i, m := range found {
		found[i] = clip(c.scrub(m), maxMessageLength)
	}
	return found
}

// oauthComplaint reads the errors of the OAuth2 addresses, which have no envelope.
func oauthComplaint(body []byte) []string {
	o := asObject(body)
	if kindOf(o["error"]) != '"' {
		return nil
	}
	said := o.text("error")
	if more := o.text("error_description"); more != "" {
		said += ": " + more
	}
	return []string{said}
}

func complaints(raw json.RawMessage) []string {
	o := asObject(raw)
	if o == nil {
		return texts(raw, 0)
	}
	keys := make([]string, 0, len(o))
	for key := range o {
		if key != "success" && key != "error" && key != "validation" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var found []string
	for _, key := range append([]string{"error", "validation"}, keys...) {
		found = append(found, texts(o[key], 0)...)
	}
	return found
}

// texts collects the strings below raw; those of an object carry its keys.
func texts(raw json.RawMessage, depth int) []string {
	if depth > maxMessageDepth {
		return nil
	}
	var found []string
	switch kindOf(raw) {
	case '{':
		o := asObject(raw)
		keys := make([]string, 0, len(o))
		for key := range o {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			for _, t := range texts(o[key], depth+1) {
				found = append(found, key+": "+t)
			}
		}
	case '[':
		var items []json.RawMessage
		_ = json.Unmarshal(raw, &items) // part of a valid document
		for _, item := range items {
			found = append(found, texts(item, depth+1)...)
		}
	default:
		if t := strings.TrimSpace(asText(raw)); t != "" {
			found = append(found, t)
		}
	}
	return found
}
