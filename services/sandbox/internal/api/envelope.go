package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// envelope surrounds every answer but those of OAuth2.
type envelope struct {
	Messages messages `json:"messages"`
	Data     any      `json:"data,omitempty"`
}

// messages is written as [] when it is empty, as PHP does.
type messages map[string][]string

// MarshalJSON writes the empty map as an empty list.
func (m messages) MarshalJSON() ([]byte, error) { return phpMap(m) }

// externalIDs is written as [] when it is empty, as PHP does.
type externalIDs map[string]string

// MarshalJSON writes the empty map as an empty list.
func (m externalIDs) MarshalJSON() ([]byte, error) { return phpMap(m) }

func phpMap[V any](m map[string]V) ([]byte, error) {
	if len(m) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal(m)
}

func (a *API) write(w http.ResponseWriter, status int, data any) {
	a.writeJSON(w, status, envelope{Data: data})
}

func (a *API) refuse(w http.ResponseWriter, status int, text string) {
	a.writeJSON(w, status, envelope{Messages: messages{"error": {text}}})
}

func (a *API) writeJSON(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		a.Log.Error("answer cannot be encoded", "error", err)
		status, data = http.StatusInternalServerError, []byte(`{"messages":{"error":["Internal error"]}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client is gone when this fails
}

// statusOf maps a refusal to its HTTP status.
func statusOf(err error) (int, string) {
	refusal, ok := errors.AsType[*state.RefusalError](err)
	if !ok {
		return http.StatusInternalServerError, "Internal error"
	}
	switch refusal.Kind {
	case state.NotFound:
		return http.StatusNotFound, refusal.Text
	case state.Conflict:
		return http.StatusConflict, refusal.Text
	default:
		return http.StatusBadRequest, refusal.Text
	}
}

func badRequest(text string) error { return &state.RefusalError{Kind: state.Invalid, Text: text} }
