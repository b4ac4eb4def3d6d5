// Package receiver is the reference for endpoints that the webhook connector posts to: an
// http.Handler that keeps each document as one file. It shows what an endpoint has to do:
// check the signature, make one document of one marker however often it is asked, answer a
// key that it knows as before, and tell what is there.
package receiver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
)

// maxBody bounds a request: a document has at most 512 KiB.
const maxBody = 1 << 20

// Receiver keeps documents in a folder. It is an http.Handler, safe for many goroutines
// and for many processes on one folder.
type Receiver struct {
	// Dir is the folder of the books. It exists.
	Dir string
	// Keys are the secrets whose signatures count.
	Keys []webhook.Key
	// CompanyID and CompanyName say whose books these are.
	CompanyID, CompanyName string
}

// The messages, as far as the receiver looks at them (docs/connector.asyncapi.json).
type (
	call struct {
		Deadline time.Time `json:"deadline"`
		Create   *create   `json:"create"`
	}
	create struct {
		Key          string          `json:"key"`
		DocumentHash string          `json:"documentHash"`
		Document     json.RawMessage `json:"document"`
	}
	document struct {
		Kind, Marker, Number, IssueDate, Currency string
		Customer                                  struct{ Name string }
		Totals                                    struct{ Total string }
	}
	// kept is a file.
	kept struct {
		Key          string          `json:"key"`
		DocumentHash string          `json:"documentHash"`
		Document     json.RawMessage `json:"document"`
		// Seal is the digest of Document as it was posted: a bookkeeper who changes the
		// document breaks it.
		Seal string `json:"seal"`
	}
	object map[string]any
)

// ServeHTTP answers GET with the company, or with a marker's documents, and POST with what
// became of the document.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		return // What did not arrive whole was not asked.
	}
	h := req.Header
	id := h.Get(webhook.HeaderID)
	if err := webhook.Verify(r.Keys, id, h.Get(webhook.HeaderTimestamp), h.Get(webhook.HeaderSignature), body, time.Now()); err != nil {
		respond(w, http.StatusUnauthorized, object{"error": err.Error()})
		return
	}
	marker := req.URL.Query().Get("marker")
	switch {
	case req.Method == http.MethodPost:
		r.post(w, body, h.Get(webhook.HeaderKey))
	case req.Method != http.MethodGet:
		respond(w, http.StatusMethodNotAllowed, object{"error": "GET or POST"})
	case marker == "":
		respond(w, http.StatusOK, object{"company": object{"id": r.CompanyID, "name": r.CompanyName}})
	case marker != id: // The signature is for another question.
		respond(w, http.StatusUnauthorized, object{"error": "the signature is for another marker"})
	default:
		r.get(w, marker)
	}
}

func (r *Receiver) get(w http.ResponseWriter, marker string) {
	found, err := r.find(marker)
	if err != nil {
		respond(w, http.StatusInternalServerError, object{"error": err.Error()})
		return
	}
	respond(w, http.StatusOK, object{"found": object{"documents": found}})
}

func (r *Receiver) post(w http.ResponseWriter, body []byte, key string) {
	var c call
	var d document
	if err := json.Unmarshal(body, &c); err != nil || c.Create == nil || c.Create.Key != key || json.Unmarshal(c.Create.Document, &d) != nil {
		respond(w, http.StatusBadRequest, object{"error": "no create with the key of the header"})
		return
	}
	if faults := wrong(d); len(faults) > 0 {
		respond(w, http.StatusUnprocessableEntity, object{"rejected": object{"faults": faults}})
		return
	}
	made, err := r.make(d.Marker, c)
	switch {
	case errors.Is(err, errLate):
		respond(w, http.StatusOK, object{"wait": object{"scope": "WAIT_SCOPE_INVOICE", "reason": "fenced", "message": err.Error()}})
		return
	case err != nil:
		respond(w, http.StatusInternalServerError, object{"error": err.Error()})
		return
	}
	there, err := r.read(d.Marker + ".json")
	switch {
	case err != nil:
		respond(w, http.StatusInternalServerError, object{"error": err.Error()})
	case there.DocumentHash != c.Create.DocumentHash || there.changed():
		respond(w, http.StatusUnprocessableEntity, object{"rejected": object{"faults": []object{{
			"code": "receiver.taken", "thing": d.Marker, "message": "the books have it with other content",
			"fix": "Compare the two, and remove the wrong one.", "owner": "FAULT_OWNER_BOOKKEEPER",
		}}}})
	default:
		respond(w, http.StatusOK, object{"posted": object{"document": there.shown(), "adopted": !made}})
	}
}

// wrong is what these books have against a document.
func wrong(d document) []object {
	if d.Currency == "USD" {
		return nil
	}
	return []object{{
		"code": "currency.not_in_books", "thing": "Currency", "params": object{"currency": d.Currency},
		"message": "the books are in USD", "fix": "Set up the currency.", "owner": "FAULT_OWNER_BOOKKEEPER",
	}}
}

func respond(w http.ResponseWriter, status int, body object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // Who went away looks again.
}

// markers are names of files, too.
var markers = regexp.MustCompile(`^st-[a-z0-9-]+$`)

// find reads the file of a marker, and the copies (<marker>~2.json) that a bookkeeper made.
func (r *Receiver) find(marker string) ([]object, error) {
	if !markers.MatchString(marker) {
		return nil, fmt.Errorf("%q is no marker", marker)
	}
	entries, err := fs.ReadDir(os.DirFS(r.Dir), ".")
	if err != nil {
		return nil, err
	}
	found := []object{}
	for _, e := range entries {
		if e.Name() != marker+".json" && !strings.HasPrefix(e.Name(), marker+"~") {
			continue
		}
		k, err := r.read(e.Name())
		if err != nil {
			return nil, err
		}
		found = append(found, k.shown())
	}
	return found, nil
}

func (r *Receiver) read(name string) (kept, error) {
	var k kept
	raw, err := os.ReadFile(filepath.Join(r.Dir, name)) //nolint:gosec // Markers are names of files of this folder.
	if err != nil {
		return k, err
	}
	return k, json.Unmarshal(raw, &k)
}
