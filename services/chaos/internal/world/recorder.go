package world

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/plan"
)

// What a call of the product to ServiceTrade does to an invoice.
const (
	CallRead    = "read"
	CallStatus  = "status"
	CallComment = "comment"
)

// Call is one call of one process about one invoice, as ServiceTrade saw it.
type Call struct {
	// Began is when it arrived, Ended when it was answered; it took effect between.
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended"`
	Process string    `json:"process"`
	Kind    string    `json:"kind"`
	Invoice int64     `json:"invoice"`
	// Status is what a CallStatus writes.
	Status string `json:"status,omitempty"`
	// Content of a CallComment; Public says that customers may see it.
	Content string `json:"content,omitempty"`
	Public  bool   `json:"public,omitempty"`
	// Applied says that ServiceTrade did it.
	Applied bool `json:"applied"`
	// Trouble is what the answer met, or "".
	Trouble string `json:"trouble,omitempty"`
}

// Recorder stands before ServiceTrade. It writes down who called what, and loses
// answers; nothing reaches ServiceTrade but through it.
type Recorder struct {
	sandbox string
	chance  func(key string, nth int, p float64) bool
	client  *http.Client
	calm    atomic.Bool

	mu    sync.Mutex
	calls []Call
	seen  map[string]int
	lost  map[string]int
	last  time.Time
	all   int
}

// The troubles of a call, and their chances. A lost answer to a write costs the
// product a minute by design, so that there are few.
const (
	TroubleLost  = "ServiceTrade's answer lost after the write"
	TroubleError = "5xx of ServiceTrade before the write"

	lostChance  = 0.01
	errorChance = 0.01
)

func newRecorder(sandbox string, o plan.Options) *Recorder {
	return &Recorder{
		sandbox: sandbox, chance: o.Chance, seen: map[string]int{}, lost: map[string]int{},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
}

var invoicePath = regexp.MustCompile(`^/api/invoice/(\d+)$`)

// For is what one process talks to.
func (r *Recorder) For(process string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { r.serve(w, req, process) })
}

func (r *Recorder) serve(w http.ResponseWriter, req *http.Request, process string) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // The process went away in the middle of its request.
	}
	c, about := callOf(req, body)
	c.Process, c.Began = process, time.Now()
	trouble := ""
	if about && c.Kind != CallRead {
		trouble = r.trouble(c)
	}
	if trouble == TroubleError {
		http.Error(w, `{"messages":{"error":["try again"]}}`, http.StatusServiceUnavailable)
		c.Ended, c.Trouble = time.Now(), trouble
		r.keep(c)
		return
	}
	// What arrived is done, also when the process does not wait for it.
	resp, err := r.forward(context.WithoutCancel(req.Context()), req, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	c.Applied, c.Trouble, c.Ended = resp.StatusCode < 300, trouble, time.Now()
	r.count(about, c)
	if trouble == TroubleLost {
		panic(http.ErrAbortHandler) // The server cuts the connection without an answer.
	}
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer) // The process is gone when this fails.
}

func (r *Recorder) forward(ctx context.Context, req *http.Request, body []byte) (*http.Response, error) {
	out, err := http.NewRequestWithContext(ctx, req.Method, r.sandbox+req.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("forward to the sandbox: %w", err)
	}
	out.Header = req.Header.Clone()
	out.Header.Del("Accept-Encoding")
	return r.client.Do(out)
}

// callOf tells what a request does to an invoice, if it is about one.
func callOf(req *http.Request, body []byte) (Call, bool) {
	if m := invoicePath.FindStringSubmatch(req.URL.Path); m != nil {
		id, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return Call{}, false
		}
		if req.Method == http.MethodGet {
			return Call{Kind: CallRead, Invoice: id}, true
		}
		var change struct {
			Status string `json:"status"`
		}
		_ = json.Unmarshal(body, &change) // ServiceTrade refuses what cannot be read.
		return Call{Kind: CallStatus, Invoice: id, Status: change.Status}, true
	}
	if req.URL.Path == "/api/comment" && req.Method == http.MethodPost {
		var c struct {
			EntityID   json.Number `json:"entityId"`
			Content    string      `json:"content"`
			Visibility *[]string   `json:"visibility"`
		}
		_ = json.Unmarshal(body, &c)
		id, _ := c.EntityID.Int64()
		return Call{Kind: CallComment, Invoice: id, Content: c.Content, Public: c.Visibility == nil || len(*c.Visibility) > 0}, true
	}
	return Call{}, false
}

func (r *Recorder) trouble(c Call) string {
	if r.calm.Load() {
		return ""
	}
	key := fmt.Sprint("servicetrade/", c.Kind, "/", c.Invoice)
	r.mu.Lock()
	r.seen[key]++
	n := r.seen[key]
	r.mu.Unlock()
	var what string
	switch {
	case r.chance(key, n, lostChance):
		what = TroubleLost
	case r.chance(key+"/error", n, errorChance):
		what = TroubleError
	default:
		return ""
	}
	r.mu.Lock()
	r.lost[what]++
	r.mu.Unlock()
	return what
}

func (r *Recorder) count(about bool, c Call) {
	if about {
		r.keep(c)
		return
	}
	r.mu.Lock()
	r.all++
	r.mu.Unlock()
}

func (r *Recorder) keep(c Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all++
	r.calls = append(r.calls, c)
	if c.Kind != CallRead && c.Applied {
		r.last = c.Ended
	}
}

// Calm ends the recorder's own misbehaviour.
func (r *Recorder) Calm() { r.calm.Store(true) }

// Calls lists the calls about invoices in the order of their answers.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Call(nil), r.calls...)
}

// All counts the calls of all kinds.
func (r *Recorder) All() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all
}

// LastWrite is when ServiceTrade was last changed by the product.
func (r *Recorder) LastWrite() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// Troubles counts what was done to answers, by kind.
func (r *Recorder) Troubles() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.lost)
}

// IsFailure tells whether a comment says that the invoice failed; there are others
// that only inform.
func (c Call) IsFailure() bool {
	return strings.Contains(c.Content, " was not posted to ") || strings.Contains(c.Content, " was not brought up to date in ")
}
