// Package receiver is the reference for endpoints that the webhook connector posts to: an
// http.Handler that keeps each document as one file. It shows what an endpoint has to do:
// check the signature, make one document of one marker however often it is asked, answer a
// key that it knows as before, change one only in the version that was seen, and tell what
// is there.
package receiver

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
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
		Update   *struct {
			Posting create `json:"posting"`
			Found   found  `json:"found"`
		} `json:"update"`
		Void *struct {
			Found found `json:"found"`
		} `json:"void"`
		Preview *struct {
			Document json.RawMessage `json:"document"`
		} `json:"preview"`
		List *askList `json:"list"`
	}
	create struct {
		Key          string          `json:"key"`
		DocumentHash string          `json:"documentHash"`
		Document     json.RawMessage `json:"document"`
		Generation   int64           `json:"generation,string"`
	}
	found    struct{ ID, Version string }
	askList  struct{ Kind, After string }
	document struct {
		Kind, Marker, Number, IssueDate, Currency string
		Customer                                  struct{ Name string }
		Totals                                    struct{ Total string }
	}
	// kept is a file.
	kept struct {
		// Key is that of the last write.
		Key          string          `json:"key"`
		DocumentHash string          `json:"documentHash"`
		Document     json.RawMessage `json:"document"`
		// Seal is the digest of Document as it was posted: a bookkeeper who changes the
		// document breaks it.
		Seal string `json:"seal"`
		// Revision counts how often this program changed the file.
		Revision int  `json:"revision,omitempty"`
		Void     bool `json:"void,omitempty"`
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
		if key := h.Get(webhook.HeaderKey); key != "" && key != id { // The signature is for another key.
			respond(w, http.StatusUnauthorized, object{"error": "the signature is for another key"})
			return
		}
		r.post(w, body, h.Get(webhook.HeaderKey))
	case req.Method != http.MethodGet:
		respond(w, http.StatusMethodNotAllowed, object{"error": "GET or POST"})
	case marker == "":
		respond(w, http.StatusOK, object{"company": object{
			"id": r.CompanyID, "name": r.CompanyName, "can": webhook.Abilities, "lists": []string{"customer", "item"},
		}})
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

func respond(w http.ResponseWriter, status int, body object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // Who went away looks again.
}

// markers are names of files, too.
var markers = regexp.MustCompile(`^st-[a-z0-9-]+$`)
