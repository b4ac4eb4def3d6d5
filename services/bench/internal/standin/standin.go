// Package standin is a ServiceTrade that answers as fast as it can: as much of the
// API as the stages call, from memory, without checks. It notes when a list first
// showed an invoice and when its status was written, which is what a benchmark asks.
package standin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Times is what happened to one invoice.
type Times struct {
	// Listed is when a list showed it as pending for the first time.
	Listed time.Time
	// Settled is when a final status was written; zero before that.
	Settled time.Time
	Status  string
	// Writes counts the writes of a status.
	Writes int
}

// ServiceTrade is the stand-in. It is an http.Handler.
type ServiceTrade struct {
	mux *http.ServeMux

	mu       sync.Mutex
	invoices map[int64]*Times
	open     []int64
	changed  chan struct{}
	comments int
}

// New returns a ServiceTrade without invoices.
func New() *ServiceTrade {
	s := &ServiceTrade{mux: http.NewServeMux(), invoices: map[int64]*Times{}, changed: make(chan struct{})}
	s.mux.HandleFunc("POST /api/auth", s.signIn)
	s.mux.HandleFunc("GET /api/auth", s.signIn)
	s.mux.HandleFunc("DELETE /api/auth", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	s.mux.HandleFunc("GET /api/invoice", s.list)
	s.mux.HandleFunc("GET /api/invoice/{id}", s.invoice)
	s.mux.HandleFunc("PUT /api/invoice/{id}", s.settle)
	s.mux.HandleFunc("GET /api/company/{id}", related(company))
	s.mux.HandleFunc("GET /api/location/{id}", related(location))
	s.mux.HandleFunc("GET /api/job/{id}", related(job))
	s.mux.HandleFunc("GET /api/libitem/{id}", related(item))
	s.mux.HandleFunc("GET /api/comment", func(w http.ResponseWriter, _ *http.Request) { answer(w, object{"comments": []any{}, "totalPages": 1}) })
	s.mux.HandleFunc("POST /api/comment", s.comment)
	return s
}

// ServeHTTP implements http.Handler.
func (s *ServiceTrade) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Send adds count new invoices from the id first on, as users do who press Send.
func (s *ServiceTrade) Send(first int64, count int) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]int64, count)
	for i := range ids {
		ids[i] = first + int64(i)
		s.invoices[ids[i]] = &Times{Status: pending}
	}
	s.open = append(s.open, ids...)
	return ids
}

// Await waits until all of ids have a final status.
func (s *ServiceTrade) Await(ctx context.Context, ids []int64) error {
	for {
		s.mu.Lock()
		left, changed := s.unsettled(ids), s.changed
		s.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d invoices were not settled: %w", left, len(ids), ctx.Err())
		case <-changed:
		}
	}
}

func (s *ServiceTrade) unsettled(ids []int64) int {
	left := 0
	for _, id := range ids {
		if s.invoices[id].Settled.IsZero() {
			left++
		}
	}
	return left
}

// Times returns what happened to an invoice.
func (s *ServiceTrade) Times(id int64) Times {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.invoices[id]
}

// Comments is how many comments were written.
func (s *ServiceTrade) Comments() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.comments
}

func (s *ServiceTrade) signIn(w http.ResponseWriter, _ *http.Request) {
	answer(w, object{"authenticated": true, "authToken": "bench", "user": object{"id": 1, "username": "bench", "company": object{"id": 1, "name": "Bench"}}})
}

func (s *ServiceTrade) list(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := make([]any, 0, len(s.open))
	for _, id := range s.open {
		rows = append(rows, object{"id": id, "status": pending, "invoiceNumber": number(id)})
	}
	answer(w, object{"invoices": rows, "totalPages": 1, "page": 1})
	now := time.Now()
	for _, id := range s.open {
		if t := s.invoices[id]; t.Listed.IsZero() {
			t.Listed = now
		}
	}
}

func (s *ServiceTrade) invoice(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, t := s.named(w, r)
	if t == nil {
		return
	}
	answer(w, invoice(id, t.Status))
}

func (s *ServiceTrade) settle(w http.ResponseWriter, r *http.Request) {
	var change struct {
		Status string `json:"status"`
	}
	if err := json.NewDecoder(r.Body).Decode(&change); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id, t := s.named(w, r)
	if t == nil {
		return
	}
	t.Status, t.Settled = change.Status, time.Now()
	t.Writes++
	s.open = slices.DeleteFunc(s.open, func(have int64) bool { return have == id })
	close(s.changed)
	s.changed = make(chan struct{})
	answer(w, invoice(id, t.Status))
}

func (s *ServiceTrade) named(w http.ResponseWriter, r *http.Request) (int64, *Times) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if t := s.invoices[id]; err == nil && t != nil {
		return id, t
	}
	http.NotFound(w, r)
	return 0, nil
}

func (s *ServiceTrade) comment(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.comments++
	answer(w, object{"id": s.comments})
}
