package webhook

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"
)

// invoiceWord is what ServiceTrade's messages call an invoice.
const invoiceWord = "invoice"

// Change is an invoice that a message names.
type Change struct {
	InvoiceID int64
	// At is the time of the invoice's last event in the message, by ServiceTrade's
	// clock; zero where no event says. Nothing is opened by it: it only tells what may
	// be read now from what may wait for the next poll.
	At time.Time
}

// Invoices returns the invoices that a message names, each once, in the order of the
// message. Of all else only the times of the events are looked at. What cannot be read is skipped, and of a message that is cut what came
// before the cut counts. entityType is the account's number of invoices: a
// message may use it instead of the word.
func Invoices(body []byte, entityType int) []Change {
	var all []Change
	seen := map[int64]int{}
	number := strconv.Itoa(entityType)
	for _, raw := range events(body) {
		id, at := invoiceOf(raw, number)
		if id <= 0 {
			continue
		}
		i, again := seen[id]
		if !again {
			i = len(all)
			seen[id], all = i, append(all, Change{InvoiceID: id})
		}
		if at.After(all[i].At) {
			all[i].At = at
		}
	}
	return all
}

// events finds the elements of "data" (or of a body that is the list itself). A
// list may be an object with numeric keys, as PHP writes lists with gaps, or be
// replaced by its only element.
func events(body []byte) []json.RawMessage {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	switch begin, _ := dec.Token(); begin {
	case json.Delim('['):
		return elements(dec, false)
	case json.Delim('{'):
	default:
		return nil
	}
	var found []json.RawMessage
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return found
		}
		if name, _ := key.(string); !strings.EqualFold(name, "data") {
			if skip(dec) != nil {
				return found
			}
			continue
		}
		begin, err := dec.Token()
		if err != nil {
			return found
		}
		if d, list := begin.(json.Delim); list {
			found = append(found, elements(dec, d == '{')...)
			if _, err := dec.Token(); err != nil { // the end of the list
				return found
			}
		}
	}
	return found
}

// elements reads the values of a list, or with keys of an object, whose beginning
// was read, up to its end or the first that cannot be read.
func elements(dec *json.Decoder, keys bool) []json.RawMessage {
	var found []json.RawMessage
	for dec.More() {
		if keys {
			if _, err := dec.Token(); err != nil {
				return found
			}
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return found
		}
		found = append(found, raw)
	}
	return found
}

func skip(dec *json.Decoder) error {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// entity is the only part of an event that is read.
type entity struct {
	Type json.RawMessage `json:"type"`
	ID   json.RawMessage `json:"id"`
}

// invoiceOf returns the invoice that an event, or an entity by itself, is about, and
// when; 0 when it is about something else. An id is never read by way of a float.
func invoiceOf(raw json.RawMessage, number string) (int64, time.Time) {
	var event struct {
		Entity    json.RawMessage `json:"entity"`
		Timestamp json.RawMessage `json:"timestamp"`
		entity
	}
	if json.Unmarshal(raw, &event) != nil {
		return 0, time.Time{}
	}
	about := event.entity
	if len(event.Entity) > 0 {
		about = entity{}
		if json.Unmarshal(event.Entity, &about) != nil {
			return 0, time.Time{}
		}
	}
	if t := plain(about.Type); !strings.EqualFold(t, invoiceWord) && t != number {
		return 0, time.Time{}
	}
	id, err := strconv.ParseInt(plain(about.ID), 10, 64)
	if err != nil {
		return 0, time.Time{}
	}
	return id, timeOf(event.Timestamp)
}

// timeOf reads Unix seconds, written as a number or as text; zero for all else.
func timeOf(raw json.RawMessage) time.Time {
	seconds, err := strconv.ParseInt(plain(raw), 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// plain is the text of a string or a number; "" of anything else.
func plain(raw json.RawMessage) string {
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		_ = json.Unmarshal(raw, &s) // part of a valid document
		return strings.TrimSpace(s)
	}
	return string(raw)
}
