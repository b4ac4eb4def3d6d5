package plainbooks

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Company is the answer of GET /company.
type Company struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Found is the answer of GET /documents?marker=.
type Found struct {
	Documents []Document `json:"documents"`
}

// Refusal is the body of an answer 409, 410, 412 or 422.
type Refusal struct {
	// Reason is date_closed, total, version, gone or unreadable.
	Reason string `json:"reason"`
}

// HeaderSent carries the time when the client began to write, in nanoseconds since 1970.
const HeaderSent = "X-Sent-At"

const maxBody = 4 << 20

// ServeHTTP serves
//
//	GET  /company
//	GET  /documents?marker=
//	POST /documents              201
//	PUT  /documents/{id}         If-Match: version
//	PUT  /documents/{id}/void    If-Match: version
func (b *Books) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.mux.ServeHTTP(w, r) }

func (b *Books) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /company", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, Company{ID: b.opt.ID, Name: "Plain books"})
	})
	mux.HandleFunc("GET /documents", func(w http.ResponseWriter, r *http.Request) {
		respond(w, http.StatusOK, Found{b.search(r.URL.Query().Get("marker"))})
	})
	mux.HandleFunc("POST /documents", func(w http.ResponseWriter, r *http.Request) {
		b.write(w, r, http.StatusCreated, func(d Document, sent time.Time) (Document, Trouble, error) {
			return b.create(d, sent)
		})
	})
	change := func(w http.ResponseWriter, r *http.Request, commit func(id string, version int, d Document, sent time.Time) (Document, Trouble, error)) {
		version, err := strconv.Atoi(r.Header.Get("If-Match"))
		if err != nil {
			respond(w, http.StatusUnprocessableEntity, Refusal{"unreadable"})
			return
		}
		b.write(w, r, http.StatusOK, func(d Document, sent time.Time) (Document, Trouble, error) {
			return commit(r.PathValue("id"), version, d, sent)
		})
	}
	mux.HandleFunc("PUT /documents/{id}", func(w http.ResponseWriter, r *http.Request) { change(w, r, b.update) })
	mux.HandleFunc("PUT /documents/{id}/void", func(w http.ResponseWriter, r *http.Request) {
		change(w, r, func(id string, version int, _ Document, sent time.Time) (Document, Trouble, error) {
			return b.void(id, version, sent)
		})
	})
	return mux
}

// write reads the whole body before it commits anything.
func (b *Books) write(w http.ResponseWriter, r *http.Request, done int, commit func(Document, time.Time) (Document, Trouble, error)) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return // The client went away: nothing arrived, nothing is done.
	}
	var d Document
	if json.Unmarshal(body, &d) != nil {
		respond(w, http.StatusUnprocessableEntity, Refusal{"unreadable"})
		return
	}
	var sent time.Time
	if ns, err := strconv.ParseInt(r.Header.Get(HeaderSent), 10, 64); err == nil {
		sent = time.Unix(0, ns)
	}
	doc, trouble, err := commit(d, sent)
	if err != nil {
		refuse(w, err)
		return
	}
	switch trouble {
	case TroubleLost:
		panic(http.ErrAbortHandler) // The server cuts the connection without an answer.
	case TroubleError:
		http.Error(w, "internal error", http.StatusInternalServerError)
	case TroubleBefore:
		http.Error(w, "try again", http.StatusServiceUnavailable)
	case TroubleSlow:
		wait(r, b.opt.Slow)
		respond(w, done, doc)
	default:
		respond(w, done, doc)
	}
}

func wait(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

func refuse(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, errVersion):
		respond(w, http.StatusPreconditionFailed, Refusal{err.Error()})
	case errors.Is(err, errGone):
		respond(w, http.StatusGone, Refusal{err.Error()})
	case errors.Is(err, errClosed), errors.Is(err, errTotal):
		respond(w, http.StatusUnprocessableEntity, Refusal{err.Error()})
	default:
		respond(w, http.StatusUnprocessableEntity, Refusal{"unreadable"})
	}
}

func respond(w http.ResponseWriter, status int, body any) {
	out, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(out) // The client is gone when this fails.
}
